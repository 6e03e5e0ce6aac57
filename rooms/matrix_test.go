package rooms_test

import (
	"reflect"
	"slices"
	"testing"

	"gifchat/rooms"
)

// Every verb of the chat is in the matrix, but for those that ask nothing, and
// those whose own tests say more than it could.
func TestEveryVerbIsInTheMatrix(t *testing.T) {
	elsewhere := []string{"List", "Room", "Create", "Enter", "Present", "Quit", "Forget", "Remove"}
	deeds := everyDeed(chat{}, "", "")
	for m := range reflect.TypeFor[rooms.Chat]().Methods() {
		if _, ok := deeds[m.Name]; !ok && !slices.Contains(elsewhere, m.Name) {
			t.Errorf("who may %s?", m.Name)
		}
	}
}
