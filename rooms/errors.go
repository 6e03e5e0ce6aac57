package rooms

import (
	"errors"
	"fmt"
	"time"
)

// The reasons to refuse a visitor.
var (
	ErrNotFound      = errors.New("no such room")
	ErrNoMessage     = errors.New("no such message in the room")
	ErrNoPerson      = errors.New("no such person in the room")
	ErrForbidden     = errors.New("not a member of the room")
	ErrBanned        = errors.New("banned from the room")
	ErrClosed        = errors.New("the room admits nobody new")
	ErrNotOwner      = errors.New("not the owner of the room")
	ErrNotYours      = errors.New("somebody else's message")
	ErrFrozen        = errors.New("the room is frozen")
	ErrNickTaken     = errors.New("somebody in the room has such a name")
	ErrFull          = errors.New("the room is full")
	ErrWrongPassword = errors.New("wrong password")
	ErrTooManyTries  = errors.New("too many password tries")
	ErrTooManyRooms  = errors.New("too many rooms")
	ErrUnavailable   = errors.New("the store is unavailable")

	// ErrStorageFull is an ErrUnavailable that lasts until somebody frees space.
	ErrStorageFull = fmt.Errorf("%w: no space is left", ErrUnavailable)
)

// TriesError is an ErrTooManyTries with the time until the next attempt is allowed.
type TriesError struct{ RetryAfter time.Duration }

func (e *TriesError) Error() string { return ErrTooManyTries.Error() }
func (e *TriesError) Unwrap() error { return ErrTooManyTries }

// InvalidError refuses a field of a request. Reason is a short machine-readable word
// such as "empty", "too_long", "not_a_gif".
type InvalidError struct {
	Field  string
	Reason string
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// MutedError refuses a message of a muted member.
type MutedError struct{ Until time.Time }

func (e *MutedError) Error() string { return "muted until " + e.Until.Format(time.RFC3339) }
