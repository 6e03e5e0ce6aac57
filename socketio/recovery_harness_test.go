package socketio_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gifchat/socketio"
)

// recovering returns a server whose namespaces have recovery.
func recovering(t testing.TB, r socketio.Recovery) *fixture {
	t.Helper()
	if r.MaxAbsence == 0 {
		r.MaxAbsence = time.Minute
	}
	return serve(t, socketio.Config{Recovery: func(string) socketio.Recovery { return r }})
}

// stockClient is a client with what stock clients store for recovery.
type stockClient struct {
	*client
	sid    socketio.SocketID
	pid    string
	offset string
	auth   map[string]any // sent beside pid and offset
}

// connectTo connects r to /chat and returns the packets before the answer.
func (f *fixture) connectTo(r *stockClient) (missed []string) {
	f.t.Helper()
	f.Of("/chat")
	r.client = f.dial()
	return r.sendConnect()
}

// sendConnect sends CONNECT and returns the packets before the answer.
func (r *stockClient) sendConnect() (missed []string) {
	r.t.Helper()
	members := map[string]any{"pid": r.pid, "offset": r.offset}
	maps.Copy(members, r.auth)
	auth, _ := json.Marshal(members)
	r.send("40/chat," + string(auth))
	for {
		packet := r.receive()
		text, ok := strings.CutPrefix(packet, "40/chat,")
		if !ok {
			missed = append(missed, r.note(packet))
			continue
		}
		var answer struct {
			SID socketio.SocketID
			PID string
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || len(answer.SID) != 20 || len(answer.PID) < 20 {
			r.t.Fatalf("got %q, want a CONNECT with sid and pid", packet)
		}
		r.sid, r.pid = answer.SID, answer.PID
		return missed
	}
}

// next returns the next packet without its offset, which it stores.
func (r *stockClient) next() string {
	r.t.Helper()
	return r.note(r.receive())
}

// note stores the offset of a packet and returns the packet without it.
func (r *stockClient) note(packet string) string {
	i := strings.LastIndex(packet, `,"`)
	if !strings.HasPrefix(packet, "4") || i < 0 || !strings.HasSuffix(packet, `"]`) || len(packet)-i != 18 {
		return packet
	}
	r.offset = packet[i+2 : len(packet)-2]
	return packet[:i] + "]"
}

func (r *stockClient) wantNext(packets ...string) {
	r.t.Helper()
	for _, want := range packets {
		if got := r.next(); got != want {
			r.t.Fatalf("packet: got %.200q, want %q", got, want)
		}
	}
}

// lose closes the connection and waits until the server has noticed.
func (f *fixture) lose(r *stockClient) {
	f.t.Helper()
	before := f.Of("/chat").Len()
	r.close()
	eventually(f.t, func() bool { return f.Of("/chat").Len() < before })
}

func wantMissed(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("missed events: got %q, want %q", got, want)
	}
}

// resume connects again and expects the same socket.
func (f *fixture) resume(r *stockClient) []string {
	f.t.Helper()
	sid, pid := r.sid, r.pid
	missed := f.connectTo(r)
	if r.sid != sid || r.pid != pid {
		f.t.Fatalf("sid and pid: got %s and %s, want %s and %s", r.sid, r.pid, sid, pid)
	}
	return missed
}

// wantNewSocket connects again and expects a new socket without missed events.
func (f *fixture) wantNewSocket(r *stockClient) {
	f.t.Helper()
	sid, pid := r.sid, r.pid
	missed := f.connectTo(r)
	if r.sid == sid || r.pid == pid || len(missed) > 0 {
		f.t.Fatalf("sid and pid: got %s and %s with %q, want new ones without events", r.sid, r.pid, missed)
	}
}
