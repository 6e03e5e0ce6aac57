package rooms

import (
	"errors"
	"fmt"
)

// What a visitor can be refused for.
var (
	ErrNotFound      = errors.New("no such room")
	ErrForbidden     = errors.New("not a member of the room")
	ErrFull          = errors.New("the room is full")
	ErrWrongPassword = errors.New("wrong password")
	ErrTooManyTries  = errors.New("too many password tries")
	ErrUnavailable   = errors.New("the store is unavailable")

	// ErrStorageFull is an ErrUnavailable that waiting does not cure.
	ErrStorageFull = fmt.Errorf("%w: no space is left", ErrUnavailable)
)

// InvalidError says which field of a request is wrong and why. Reason is a
// short machine-readable word such as "empty", "too_long", "not_a_gif".
type InvalidError struct {
	Field  string
	Reason string
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }
