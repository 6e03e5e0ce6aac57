package socketio

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkNamespaceName returns an error for a name, with its leading slash, that
// cannot be part of a packet. See parseNamespace.
func checkNamespaceName(name string, maxBytes int) error {
	switch {
	case !utf8.ValidString(name):
		return errors.New("the name is not valid UTF-8")
	case strings.Contains(name, ","):
		return errors.New("a comma ends the name in a packet")
	case strings.Contains(name, "?"):
		return errors.New("a question mark begins the query of an old client")
	case strings.Contains(name, "\x1e"):
		return errors.New("U+001E separates packets in HTTP long-polling")
	case len(name) > maxBytes:
		return fmt.Errorf("the name has %d bytes, and Limits.MaxNamespaceName is %d", len(name), maxBytes)
	default:
		return nil
	}
}
