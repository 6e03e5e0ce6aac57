package socketio_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/socketio"
)

// A user known by socket.auth who has changed is somebody else.
func TestRecovery_compares_the_payload_of_CONNECT(t *testing.T) {
	type auth = map[string]any
	for name, tt := range map[string]struct {
		before, now auth
		same        bool
	}{
		"the same token":      {auth{"token": "ann"}, auth{"token": "ann"}, true},
		"another token":       {auth{"token": "ann"}, auth{"token": "bob"}, false},
		"a token before":      {auth{"token": "ann"}, nil, false},
		"a token now":         {nil, auth{"token": "ann"}, false},
		"another member":      {auth{"token": "ann"}, auth{"token": "ann", "admin": true}, false},
		"the same object":     {auth{"a": auth{"b": 1, "c": []int{2}}}, auth{"a": auth{"c": []int{2}, "b": 1}}, true},
		"the last digit":      {auth{"user": 9007199254740992}, auth{"user": 9007199254740993}, false},
		"a string, a number":  {auth{"user": 1}, auth{"user": "1"}, false},
		"no token and a null": {nil, auth{"token": nil}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := recovering(t, socketio.Recovery{})
			r := &stockClient{auth: tt.before}
			f.connectTo(r)
			f.lose(r)
			r.auth = tt.now
			if tt.same {
				f.resume(r)
			} else {
				f.wantNewSocket(r)
			}
		})
	}
}

// A program whose clients send a new token each time compares their users.
func TestIdentify_decides_who_the_client_is(t *testing.T) {
	var calls atomic.Int32
	f := recovering(t, socketio.Recovery{Identify: func(h *socketio.Handshake) any {
		calls.Add(1)
		var auth struct{ Token string }
		_ = h.Auth.Bind(&auth)
		user, _, _ := strings.Cut(auth.Token, ":")
		return []string{user} // of a type that == cannot compare
	}})
	r := &stockClient{auth: map[string]any{"token": "ann:1"}}
	f.connectTo(r)
	f.lose(r)
	r.auth = map[string]any{"token": "ann:2"}
	f.resume(r)
	f.lose(r)
	r.auth = map[string]any{"token": "bob:1"}
	f.wantNewSocket(r)
	if got := calls.Load(); got != 3 {
		t.Errorf("calls of Identify: got %d, want one for each socket", got)
	}
}

// A client that cannot be identified gets no session, but a socket.
func TestRecovery_gives_no_session_to_a_client_without_an_identity(t *testing.T) {
	for name, r := range map[string]socketio.Recovery{
		"a panic":      {Identify: func(*socketio.Handshake) any { panic("a fault") }},
		"a large auth": {},
	} {
		t.Run(name, func(t *testing.T) {
			f := recovering(t, r)
			n := f.Of("/chat")
			c := f.dial()
			c.send(`40/chat,{"token":"` + strings.Repeat("x", 17_000) + `"}`)
			if answer := c.receive(); !strings.HasPrefix(answer, `40/chat,{"sid":"`) || strings.Contains(answer, "pid") {
				t.Fatalf("answer: got %s, want a sid without a pid", answer)
			}
			c.close()
			eventually(t, func() bool { return n.Len() == 0 })
			if _, sessions := n.Kept(); sessions != 0 {
				t.Errorf("sessions: got %d, want 0", sessions)
			}
		})
	}
}

func TestRecovery_compares_Identity_and_auth_together(t *testing.T) {
	var identity atomic.Value
	identity.Store("ann")
	f := serve(t, socketio.Config{
		Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Minute} },
		Identify: func(*http.Request) (any, error) { return identity.Load(), nil },
	})
	r := &stockClient{auth: map[string]any{"token": "1"}}
	f.connectTo(r)
	f.lose(r)
	f.resume(r)
	f.lose(r)
	identity.Store("bob")
	f.wantNewSocket(r)
}
