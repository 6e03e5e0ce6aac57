package socketio

import (
	"testing"
	"time"
	"unsafe"
)

func TestObserver_costs_nothing_when_it_is_nil(t *testing.T) {
	namespace, _ := discarding(t, 1)
	handled := 0
	namespace.On("echo", func(*Event) { handled++ })
	s := namespace.Sockets()[0]
	p := decoded{packet: packet{typ: packetEvent, data: []byte(`["echo"]`)}, name: "echo"}
	dispatch := testing.AllocsPerRun(100, func() { namespace.dispatch(&Event{Socket: s, Name: p.name, Args: p.args}) })
	receive := testing.AllocsPerRun(100, func() { s.receive(p) })
	if receive != dispatch || handled != 202 {
		t.Errorf("allocations of an event: got %v in %d calls, want %v in 202", receive, handled, dispatch)
	}
	if size := unsafe.Sizeof(Event{}); unsafe.Sizeof(uintptr(0)) == 8 && size > 80 {
		t.Errorf("size of an Event: got %d bytes, want at most 80", size)
	}
}

// Another connection has resumed the session first.
func TestRecovery_refuses_a_session_that_was_resumed(t *testing.T) {
	namespace, _ := discarding(t, 0)
	r := newRecovery(namespace, Recovery{MaxAbsence: time.Minute})
	if got := r.resume(&Socket{}, &session{resumable: true}, ""); got != FailureUnknownSession {
		t.Errorf("resume: got %q, want %q", got, FailureUnknownSession)
	}
}
