package sockettest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gifchat/socketio"
)

// Event is an event that a client received.
type Event struct {
	Name string

	// Args are the arguments. With socketio.Recovery, the last one is the offset
	// of the event, as stock clients receive it.
	Args socketio.Args

	client *Client
	id     string // of the acknowledgement; "" if the server wants none
	acked  bool
}

// Bind decodes the arguments into ptrs, in order, as socketio.Args.Bind does.
// Further arguments are ignored. It ends the test if an argument is missing or
// has another type.
func (e *Event) Bind(ptrs ...any) {
	e.client.t.Helper()
	if err := e.Args.Bind(ptrs...); err != nil {
		e.client.t.Fatalf("Bind: event %v: %v", e, err)
	}
}

// Ack answers an event that the server emitted with EmitWithAck or
// EmitWithAckFunc. It ends the test if the server wants no acknowledgement, or
// has it already.
func (e *Event) Ack(args ...any) {
	e.client.t.Helper()
	switch {
	case e.id == "":
		e.client.t.Fatalf("Ack: the server wants no acknowledgement of the event %v", e)
	case e.acked:
		e.client.t.Fatalf("Ack: the event %v has been acknowledged", e)
	}
	e.acked = true
	e.client.send("Ack", packetAck, e.id, args...)
}

// String returns the name and the arguments, as in messages of failed tests.
func (e *Event) String() string { return fmt.Sprintf("%q %s", e.Name, shown(e.Args)) }

// Ack is an acknowledgement that a client received. See Client.Call.
type Ack struct {
	Args socketio.Args

	t     testing.TB
	event string
}

// Bind decodes the arguments into ptrs, in order, as socketio.Args.Bind does.
// Further arguments are ignored. It ends the test if an argument is missing or
// has another type.
func (a *Ack) Bind(ptrs ...any) {
	a.t.Helper()
	if err := a.Args.Bind(ptrs...); err != nil {
		a.t.Fatalf("Bind: acknowledgement of %q %s: %v", a.event, shown(a.Args), err)
	}
}

// Refusal is the refusal of an event. See Client.CallError.
type Refusal struct {
	Message string
	Data    socketio.Value // zero if the refusal has no data
}

// refusal returns the refusal that the acknowledgement is, or nil.
func (a *Ack) refusal() *Refusal {
	var members map[string]json.RawMessage
	if len(a.Args) != 1 || json.Unmarshal(a.Args[0].JSON(), &members) != nil {
		return nil
	}
	r := &Refusal{}
	if text, ok := members["error"]; !ok || json.Unmarshal(text, &r.Message) != nil {
		return nil
	}
	delete(members, "error")
	if data, ok := members["data"]; ok {
		if args, err := socketio.NewArgs(data); err == nil {
			r.Data = args[0]
		}
		delete(members, "data")
	}
	if len(members) > 0 {
		return nil
	}
	return r
}

// maxShown is how many bytes of each argument a message contains.
const maxShown = 200

// shown returns arguments as JSON.
func shown(args socketio.Args) string {
	list := make([]string, len(args))
	for i, a := range args {
		list[i] = fmt.Sprintf("%.*s", maxShown, a.JSON())
	}
	return "[" + strings.Join(list, ",") + "]"
}
