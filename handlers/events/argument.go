package events

import "encoding/json"

// maxArgument is the size of the longest argument that is parsed, in bytes of JSON: a
// message of 2,000 characters is 24 KB when each character is escaped.
const maxArgument = 64 << 10

// argument is the first argument of an event: an object, or a string in its place. A T
// with a method setText uses the string; otherwise the string is an empty object.
type argument[T any] struct{ value T }

func (a *argument[T]) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '"' {
		return json.Unmarshal(text, &a.value)
	}
	short, ok := any(&a.value).(interface{ setText(string) })
	if !ok {
		return nil
	}
	var s string
	err := json.Unmarshal(text, &s)
	short.setText(s)
	return err
}

// roomArgument is the beginning of most arguments: the room, which a socket may leave
// out for its default room.
type roomArgument struct {
	Room string `json:"room"`
}

func (a *roomArgument) setText(room string) { a.Room = room }
