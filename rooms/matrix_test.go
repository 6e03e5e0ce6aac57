package rooms_test

import (
	"reflect"
	"slices"
	"testing"

	"gifchat/rooms"
)

// The methods of elsewhere need no action in a room, or have tests of their own that
// check more than the matrix could.
func TestAuthorize_matrix_has_every_method(t *testing.T) {
	elsewhere := []string{"List", "Room", "Create", "Enter", "Present", "Quit", "Forget", "Remove"}
	methods := everyMethod(chat{}, "", "")
	for m := range reflect.TypeFor[rooms.Chat]().Methods() {
		if _, ok := methods[m.Name]; !ok && !slices.Contains(elsewhere, m.Name) {
			t.Errorf("method %s: got no row of the matrix, want one", m.Name)
		}
	}
}
