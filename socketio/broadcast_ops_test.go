package socketio_test

import (
	"slices"
	"testing"

	"gifchat/socketio"
)

func TestBroadcast_joins_and_leaves_rooms(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	_, a := f.connect("/")
	_, b := f.connect("/")
	_, c := f.connect("/")
	want := func(s *socketio.Socket, rooms ...string) {
		t.Helper()
		if got := s.Rooms(); !slices.Equal(got, rooms) {
			t.Errorf("rooms: got %q, want %q", got, rooms)
		}
	}
	n.Join("all", "1")
	n.To("1").Except(string(c.ID())).Join("2")
	a.To("2").Join("3")
	want(a, "all", "1", "2")
	want(b, "all", "1", "2", "3")
	want(c, "all", "1")
	n.To("1").Leave("1", "no such room") // during the iteration over the room
	n.To("none").Leave("all")
	want(a, "all", "2")
	want(b, "all", "2", "3")
	want(c, "all")
	b.Broadcast().Leave("all")
	want(a, "2")
	want(b, "all", "2", "3")
	n.Leave("all", "2", "3")
	for _, s := range []*socketio.Socket{a, b, c} {
		want(s)
	}
}

func TestBroadcast_disconnects_sockets_and_closes_connections(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/chat")
	reasons := make(chan socketio.Reason, 4)
	n.OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { reasons <- r })
	a, sa := f.connect("/chat")
	b, sb := f.connect("/chat")
	c, sc := f.connect("/chat")
	d, _ := f.connect("/chat")
	n.To(string(sa.ID()), string(sb.ID())).Disconnect()
	for _, gone := range []*client{a, b} {
		gone.want("41/chat,")
		gone.wantAlive()
		if r := receive(t, reasons); r != socketio.ReasonServerDisconnect {
			t.Errorf("reason: got %q, want %q", r, socketio.ReasonServerDisconnect)
		}
	}
	sc.Broadcast().CloseConns()
	d.wantEnd()
	if r := receive(t, reasons); r != socketio.ReasonForcedClose {
		t.Errorf("reason: got %q, want %q", r, socketio.ReasonForcedClose)
	}
	c.wantAlive()
	n.Disconnect()
	c.want("41/chat,")
	if n.Len() != 0 {
		t.Errorf("sockets: got %d, want 0", n.Len())
	}
}

func TestNamespace_closes_all_connections(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/chat")
	a, _ := f.connect("/")
	b, _ := f.connect("/chat")
	f.Of("/").CloseConns()
	a.wantEnd()
	b.wantAlive()
}
