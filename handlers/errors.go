package handlers

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"gifchat/rooms"

	"github.com/gin-gonic/gin"
)

// What only HTTP can be refused for.
var (
	errNoRoute  = errors.New("no such route")
	errNoMethod = errors.New("no such method here")
	errTooLarge = errors.New("body too large")
	errTooSlow  = errors.New("body too slow")
)

// problem is a refusal as the outside sees it: a status for HTTP, a reason for
// programs and a key into words for people.
type problem struct {
	status int
	reason string
	words  string
}

// problems is the table. It is searched in order; what is not in it is internal.
var problems = []struct {
	err error
	problem
}{
	{rooms.ErrNotFound, problem{http.StatusNotFound, "not_found", "error.not_found"}},
	{rooms.ErrNoMessage, problem{http.StatusNotFound, "no_message", "error.no_message"}},
	{rooms.ErrNoPerson, problem{http.StatusNotFound, "no_person", "error.no_person"}},
	{rooms.ErrForbidden, problem{http.StatusForbidden, "forbidden", "error.forbidden"}},
	{rooms.ErrBanned, problem{http.StatusForbidden, "banned", "error.banned"}},
	{rooms.ErrClosed, problem{http.StatusForbidden, "closed", "error.closed"}},
	{rooms.ErrNotOwner, problem{http.StatusForbidden, "not_owner", "error.not_owner"}},
	{rooms.ErrNotYours, problem{http.StatusForbidden, "not_yours", "error.not_yours"}},
	{rooms.ErrFrozen, problem{http.StatusForbidden, "frozen", "error.frozen"}},
	{rooms.ErrNickTaken, problem{http.StatusConflict, "nick_taken", "error.nick_taken"}},
	{rooms.ErrWrongPassword, problem{http.StatusForbidden, "wrong_password", "error.wrong_password"}},
	{rooms.ErrFull, problem{http.StatusConflict, "full", "error.full"}},
	{rooms.ErrTooManyRooms, problem{http.StatusConflict, "too_many_rooms", "error.too_many_rooms"}},
	{rooms.ErrTooManyTries, problem{http.StatusTooManyRequests, "too_many_tries", "error.too_many_tries"}},
	{rooms.ErrStorageFull, problem{http.StatusInsufficientStorage, "storage_full", "error.storage_full"}},
	{rooms.ErrUnavailable, problem{http.StatusServiceUnavailable, "unavailable", "error.unavailable"}},
	{errNoRoute, problem{http.StatusNotFound, "no_route", "error.no_route"}},
	{errNoMethod, problem{http.StatusMethodNotAllowed, "no_method", "error.no_method"}},
	{errTooLarge, problem{http.StatusRequestEntityTooLarge, "too_large", "error.too_large"}},
	{errTooSlow, problem{http.StatusRequestTimeout, "too_slow", "error.too_slow"}},
}

// gifProblems is what can be wrong with an upload, by the reasons of rooms/gif.
// None of it passes by sending the same file again.
var gifProblems = map[string]problem{
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

// describeInvalid finds words for what is wrong with a field.
func describeInvalid(err *rooms.InvalidError) problem {
	if refused, ok := gifProblems[err.Reason]; ok && err.Field == "gif" {
		return refused
	}
	switch {
	case err.Field == "nick" && err.Reason == "reserved":
		return problem{http.StatusBadRequest, "invalid", "error.reserved_nick"}
	case err.Field == "nick" && err.Reason == "color":
		return problem{http.StatusBadRequest, "invalid", "error.color_nick"}
	case err.Field == "nick":
		return problem{http.StatusBadRequest, "invalid", "error.bad_nick"}
	case err.Field == "title":
		return problem{http.StatusBadRequest, "invalid", "new.bad_title"}
	case err.Field == "capacity":
		return problem{http.StatusBadRequest, "invalid", "new.bad_capacity"}
	case err.Field == "password":
		return problem{http.StatusBadRequest, "invalid", "new.bad_password"}
	case err.Field == "token" && err.Reason == "too_many":
		return problem{http.StatusBadRequest, "invalid", "error.many_tokens"}
	case err.Reason == "empty":
		return problem{http.StatusBadRequest, "invalid", "error.empty"}
	case err.Reason == "too_long":
		return problem{http.StatusBadRequest, "invalid", "error.too_long"}
	default:
		return problem{http.StatusBadRequest, "invalid", "error.invalid"}
	}
}

// describe finds what to say about err.
func describe(err error) problem {
	if invalid, ok := errors.AsType[*rooms.InvalidError](err); ok {
		return describeInvalid(invalid)
	}
	if _, ok := errors.AsType[*rooms.MutedError](err); ok {
		return problem{http.StatusForbidden, "muted", "error.muted"}
	}
	if _, ok := errors.AsType[*rooms.AddressError](err); ok {
		return problem{http.StatusForbidden, "banned", "error.address_banned"}
	}
	if _, ok := errors.AsType[*rateError](err); ok {
		return problem{http.StatusTooManyRequests, "rate_limited", "error.rate_limited"}
	}
	if _, ok := errors.AsType[*rooms.QuotaError](err); ok {
		return problem{http.StatusTooManyRequests, "quota", "error.quota"}
	}
	if _, ok := errors.AsType[*busyError](err); ok {
		return problem{http.StatusServiceUnavailable, "unavailable", "error.busy"}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem{http.StatusRequestEntityTooLarge, "too_large", "error.too_large"}
	}
	for _, row := range problems {
		if errors.Is(err, row.err) {
			return row.problem
		}
	}
	return problem{http.StatusInternalServerError, "internal", "error.internal"}
}

// retryAfter tells when a request that was too much, or from somebody muted,
// may come again, in whole milliseconds, at least one; 0 for others.
func retryAfter(err error) time.Duration {
	var wait time.Duration
	if limited, ok := errors.AsType[*rateError](err); ok {
		wait = limited.retryAfter
	} else if over, ok := errors.AsType[*rooms.QuotaError](err); ok {
		wait = over.RetryAfter
	} else if busy, ok := errors.AsType[*busyError](err); ok {
		wait = busy.retryAfter
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

// tellRetryAfter says the same in a header, in whole seconds.
func tellRetryAfter(c *gin.Context, err error) {
	if wait := retryAfter(err); wait > 0 {
		c.Header("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}

// reasonHeader carries to programs what the body says to people: its text is
// part of the contract with the stock pages.
const reasonHeader = "X-Reason"

// fail answers with err: a page to browsers that navigate, else a line of text.
// It is the only place where a handler's error is logged.
func (h *Handler) fail(c *gin.Context, err error) {
	c.Abort()
	p := describe(err)
	_, busy := errors.AsType[*busyError](err) // anybody can cause it: the request's line says enough
	switch {
	case c.Request.Context().Err() != nil:
		h.log.DebugContext(c.Request.Context(), "request given up", "route", c.FullPath(), "err", err)
	case p.status >= http.StatusInternalServerError && !busy:
		h.log.ErrorContext(c.Request.Context(), "request failed", "route", c.FullPath(), "err", err)
	}
	if c.Writer.Written() {
		return
	}
	tellRetryAfter(c, err)
	c.Header(reasonHeader, p.reason)
	c.Header("Cache-Control", "no-store")
	message := say(languageOf(c), p.words)
	if errors.Is(err, errNoRoute) {
		message = clip(c.Request.Method+" "+c.Request.URL.Path, maxShownPath) + " " + message
	}
	if !wantsPage(c) {
		c.String(p.status, message)
		return
	}
	h.showError(c, p.status, message)
}

// maxShownPath keeps a long address from filling the error page.
const maxShownPath = 200

func noRoute(*gin.Context) error  { return errNoRoute }
func noMethod(*gin.Context) error { return errNoMethod }

// denyForeign answers what another site's page made a browser send.
func denyForeign(w http.ResponseWriter, r *http.Request) {
	refuseEarly(w, r, http.StatusForbidden, "foreign", "error.foreign")
}
