// Package refusal maps the errors of the program to what clients see: a status, a
// reason, a sentence and a time for a retry.
package refusal

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"gifchat/i18n"
	"gifchat/ratelimit"
	"gifchat/rooms"
)

// Errors of HTTP requests alone.
var (
	ErrNoRoute  = errors.New("no such route")
	ErrNoMethod = errors.New("no such method here")
	ErrTooLarge = errors.New("body too large")
	ErrTooSlow  = errors.New("body too slow")
)

// BusyError reports that the server has no capacity for a request at the moment.
type BusyError struct{ RetryAfter time.Duration }

// Error returns a text for logs.
func (e *BusyError) Error() string { return "busy: retry after " + e.RetryAfter.String() }

// Refusal is an error as clients see it: a status for HTTP, a reason for programs
// and the key of a sentence for people.
type Refusal struct {
	Status int
	Reason string
	Key    string // of a sentence in package i18n
}

// refusals maps errors to refusals. It is searched in order. An error that is not
// listed here or in Of is internal.
var refusals = []struct {
	err error
	Refusal
}{
	{rooms.ErrNotFound, Refusal{http.StatusNotFound, "not_found", "error.not_found"}},
	{rooms.ErrNoMessage, Refusal{http.StatusNotFound, "no_message", "error.no_message"}},
	{rooms.ErrNoPerson, Refusal{http.StatusNotFound, "no_person", "error.no_person"}},
	{rooms.ErrForbidden, Refusal{http.StatusForbidden, "forbidden", "error.forbidden"}},
	{rooms.ErrBanned, Refusal{http.StatusForbidden, "banned", "error.banned"}},
	{rooms.ErrClosed, Refusal{http.StatusForbidden, "closed", "error.closed"}},
	{rooms.ErrNotOwner, Refusal{http.StatusForbidden, "not_owner", "error.not_owner"}},
	{rooms.ErrNotYours, Refusal{http.StatusForbidden, "not_yours", "error.not_yours"}},
	{rooms.ErrFrozen, Refusal{http.StatusForbidden, "frozen", "error.frozen"}},
	{rooms.ErrNickTaken, Refusal{http.StatusConflict, "nick_taken", "error.nick_taken"}},
	{rooms.ErrWrongPassword, Refusal{http.StatusForbidden, "wrong_password", "error.wrong_password"}},
	{rooms.ErrFull, Refusal{http.StatusConflict, "full", "error.full"}},
	{rooms.ErrTooManyRooms, Refusal{http.StatusConflict, "too_many_rooms", "error.too_many_rooms"}},
	{rooms.ErrTooManyTries, Refusal{http.StatusTooManyRequests, "too_many_tries", "error.too_many_tries"}},
	{rooms.ErrStorageFull, Refusal{http.StatusInsufficientStorage, "storage_full", "error.storage_full"}},
	{rooms.ErrUnavailable, Refusal{http.StatusServiceUnavailable, "unavailable", "error.unavailable"}},
	{ErrNoRoute, Refusal{http.StatusNotFound, "no_route", "error.no_route"}},
	{ErrNoMethod, Refusal{http.StatusMethodNotAllowed, "no_method", "error.no_method"}},
	{ErrTooLarge, Refusal{http.StatusRequestEntityTooLarge, "too_large", "error.too_large"}},
	{ErrTooSlow, Refusal{http.StatusRequestTimeout, "too_slow", "error.too_slow"}},
}

// gifRefusals maps the reasons of package rooms/gif to refusals. A second upload of
// the same file fails again, so they carry no time for a retry.
var gifRefusals = map[string]Refusal{
	"empty":            {http.StatusBadRequest, "invalid", "error.gif_missing"},
	"not_a_gif":        {http.StatusUnsupportedMediaType, "invalid", "error.not_a_gif"},
	"truncated":        {http.StatusBadRequest, "invalid", "error.gif_broken"},
	"damaged":          {http.StatusBadRequest, "invalid", "error.gif_broken"},
	"no_frame":         {http.StatusBadRequest, "invalid", "error.gif_broken"},
	"too_large":        {http.StatusRequestEntityTooLarge, "too_large", "error.gif_too_large"},
	"too_wide":         {http.StatusRequestEntityTooLarge, "invalid", "error.gif_too_wide"},
	"too_large_screen": {http.StatusRequestEntityTooLarge, "invalid", "error.gif_screen"},
	"too_many_pixels":  {http.StatusRequestEntityTooLarge, "invalid", "error.gif_pixels"},
	"too_many_frames":  {http.StatusRequestEntityTooLarge, "invalid", "error.gif_frames"},
	"too_many_blocks":  {http.StatusRequestEntityTooLarge, "invalid", "error.gif_blocks"},
}

// ofInvalid returns the refusal of an invalid field.
func ofInvalid(err *rooms.InvalidError) Refusal {
	if refused, ok := gifRefusals[err.Reason]; ok && err.Field == "gif" {
		return refused
	}
	switch {
	case err.Field == "nick" && err.Reason == "reserved":
		return Refusal{http.StatusBadRequest, "invalid", "error.reserved_nick"}
	case err.Field == "nick" && err.Reason == "color":
		return Refusal{http.StatusBadRequest, "invalid", "error.color_nick"}
	case err.Field == "nick":
		return Refusal{http.StatusBadRequest, "invalid", "error.bad_nick"}
	case err.Field == "title":
		return Refusal{http.StatusBadRequest, "invalid", "new.bad_title"}
	case err.Field == "capacity":
		return Refusal{http.StatusBadRequest, "invalid", "new.bad_capacity"}
	case err.Field == "password":
		return Refusal{http.StatusBadRequest, "invalid", "new.bad_password"}
	case err.Field == "token" && err.Reason == "too_many":
		return Refusal{http.StatusBadRequest, "invalid", "error.many_tokens"}
	case err.Reason == "empty":
		return Refusal{http.StatusBadRequest, "invalid", "error.empty"}
	case err.Reason == "too_long":
		return Refusal{http.StatusBadRequest, "invalid", "error.too_long"}
	default:
		return Refusal{http.StatusBadRequest, "invalid", "error.invalid"}
	}
}

// Of returns the refusal of an error.
func Of(err error) Refusal {
	if invalid, ok := errors.AsType[*rooms.InvalidError](err); ok {
		return ofInvalid(invalid)
	}
	if _, ok := errors.AsType[*rooms.MutedError](err); ok {
		return Refusal{http.StatusForbidden, "muted", "error.muted"}
	}
	if _, ok := errors.AsType[*rooms.AddressError](err); ok {
		return Refusal{http.StatusForbidden, "banned", "error.address_banned"}
	}
	if _, ok := errors.AsType[*ratelimit.ExceededError](err); ok {
		return Refusal{http.StatusTooManyRequests, "rate_limited", "error.rate_limited"}
	}
	if _, ok := errors.AsType[*rooms.QuotaError](err); ok {
		return Refusal{http.StatusTooManyRequests, "quota", "error.quota"}
	}
	if _, ok := errors.AsType[*BusyError](err); ok {
		return Refusal{http.StatusServiceUnavailable, "unavailable", "error.busy"}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Refusal{http.StatusRequestEntityTooLarge, "too_large", "error.too_large"}
	}
	for _, row := range refusals {
		if errors.Is(err, row.err) {
			return row.Refusal
		}
	}
	return Refusal{http.StatusInternalServerError, "internal", "error.internal"}
}

// RetryAfter returns how long a client should wait before it sends a refused
// request again, in whole milliseconds. It returns 0 if err names no time.
func RetryAfter(err error) time.Duration {
	var wait time.Duration
	if limited, ok := errors.AsType[*ratelimit.ExceededError](err); ok {
		wait = limited.RetryAfter
	} else if over, ok := errors.AsType[*rooms.QuotaError](err); ok {
		wait = over.RetryAfter
	} else if busy, ok := errors.AsType[*BusyError](err); ok {
		wait = busy.RetryAfter
	} else if guessed, ok := errors.AsType[*rooms.TriesError](err); ok {
		wait = guessed.RetryAfter
	} else if newcomer, ok := errors.AsType[*rooms.AddressError](err); ok {
		wait = newcomer.RetryAfter
	} else if muted, ok := errors.AsType[*rooms.MutedError](err); ok {
		if left := time.Until(muted.Until); left <= rooms.MaxMute {
			wait = max(left, 0)
		}
	}
	return (wait + time.Millisecond - 1).Truncate(time.Millisecond)
}

// SetRetryAfter sets the Retry-After header, in whole seconds, if err names a time.
func SetRetryAfter(header http.Header, err error) {
	if wait := RetryAfter(err); wait > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}

// ReasonHeader carries the reason of a refusal. The body has a sentence, whose text
// is part of the contract with the stock pages.
const ReasonHeader = "X-Reason"

// Early answers a request before a route is found, with one line of text: the
// sentence of key.
func Early(w http.ResponseWriter, r *http.Request, status int, reason, key string) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	header.Set(ReasonHeader, reason)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(i18n.Text(i18n.Accepted(r), key))) //nolint:gosec // a sentence of ours, as plain text
}
