package socketio_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gifchat/socketio"
)

type keptMessage struct {
	Seq  int    `json:"seq"`
	Chat string `json:"chat,omitempty"`
}

// redact removes the text of a kept message.
func redact(_ string, args socketio.Args) []any {
	var m keptMessage
	if args.Bind(&m) != nil {
		return nil
	}
	m.Chat = "removed"
	return []any{m, args[1]}
}

func TestReplaceKept_changes_what_an_offline_client_gets(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r, present := &stockClient{}, &stockClient{}
	f.connectTo(present)
	f.connectTo(r)
	f.lose(r)
	_ = n.Volatile().Key("1").Emit("chat", "volatile events are not kept")
	_ = n.Local().Key("1").Emit("chat", keptMessage{1, "secret"}, []byte("xy"))
	_ = n.Local().Key("2").Emit("chat", keptMessage{2, "another"})
	_ = n.Local().Key("1").Emit("edit", keptMessage{3, "secret again"}, []byte("z"))
	_ = n.Local().Key("3").Emit("chat", keptMessage{4, "dropped"})
	if err := n.ReplaceKept("1", redact); err != nil {
		t.Fatal(err)
	}
	n.DropKept("3")
	if err := n.ReplaceKept("no such key", redact); err != nil {
		t.Fatal(err)
	}
	_ = n.Emit("end")
	replaced := []string{
		`451-/chat,["chat",{"seq":1,"chat":"removed"},{"_placeholder":true,"num":0}]`, "binary xy",
		`42/chat,["chat",{"seq":2,"chat":"another"}]`,
		`451-/chat,["edit",{"seq":3,"chat":"removed"},{"_placeholder":true,"num":0}]`, "binary z",
		`42/chat,["end"]`,
	}
	wantMissed(t, f.resume(r), replaced...)
	f.lose(r)
	_ = n.Emit("after")
	wantMissed(t, f.resume(r), `42/chat,["after"]`) // the offsets are still valid

	present.wantNext(
		`42/chat,["chat","volatile events are not kept"]`,
		`451-/chat,["chat",{"seq":1,"chat":"secret"},{"_placeholder":true,"num":0}]`, "binary xy",
		`42/chat,["chat",{"seq":2,"chat":"another"}]`,
		`451-/chat,["edit",{"seq":3,"chat":"secret again"},{"_placeholder":true,"num":0}]`, "binary z",
		`42/chat,["chat",{"seq":4,"chat":"dropped"}]`,
		`42/chat,["end"]`, `42/chat,["after"]`)
}

// Packets in the queue of a connection are shared and do not change. What the
// replay has not queued yet changes.
func TestReplaceKept_during_a_replay_changes_later_events_only(t *testing.T) {
	withPoller(t, socketio.Recovery{}, func(p *poller) {
		p.lose()
		emit := func(key string) {
			if err := p.n.To("room").Key(key).Emit("chat", keptMessage{1, "secret"}, key); err != nil {
				t.Fatal(err)
			}
		}
		emit("queued")
		p.emit(1, 50, 20_000)
		emit("later")
		p.received = nil
		p.connect()
		for _, key := range []string{"queued", "later"} {
			if err := p.n.ReplaceKept(key, redact); err != nil {
				t.Fatal(err)
			}
		}
		_ = p.n.Emit("end")
		for !slices.Contains(p.received, `42/chat,["end"]`) {
			p.poll()
		}
		p.wantEvents(50)
		p.wantReceived("40", `42/chat,["chat",{"seq":1,"chat":"secret"},"queued"]`,
			`42/chat,["chat",{"seq":1,"chat":"removed"},"later"]`, `42/chat,["end"]`)
	})
}

func TestReplaceKept_drops_an_event_whose_replacement_cannot_be_encoded(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	_ = n.To("nobody", string(r.sid)).Key("k").Emit("a", "secret")
	err := n.ReplaceKept("k", func(event string, args socketio.Args) []any {
		if event != "a" || len(args) != 1 {
			t.Errorf("got event %q with %d arguments, want a with 1", event, len(args))
		}
		return []any{math.Inf(1)}
	})
	if err == nil || !strings.Contains(err.Error(), "encode argument") {
		t.Errorf("got error %v, want one of encoding", err)
	}
	wantMissed(t, f.resume(r))
}

func TestReplaceKept_does_nothing_without_recovery(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/chat")
	c, _ := f.connect("/chat")
	if err := n.Volatile().Key("k").Emit("a"); err != nil {
		t.Fatal(err)
	}
	c.want(`42/chat,["a"]`)
	if err := n.ReplaceKept("k", func(string, socketio.Args) []any { t.Error("replacement was called"); return nil }); err != nil {
		t.Errorf("got %v, want no error", err)
	}
	n.DropKept("k")
}

// ReplaceKept makes an event larger than the log.
func TestReplaceKept_obeys_the_limit_of_bytes(t *testing.T) {
	f := recovering(t, socketio.Recovery{MaxBytes: 1000})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	_ = n.Local().Key("k").Emit("a", "short")
	if err := n.ReplaceKept("k", func(string, socketio.Args) []any { return []any{strings.Repeat("x", 1000)} }); err != nil {
		t.Fatal(err)
	}
	if events, _ := n.Kept(); events != 0 {
		t.Errorf("kept events: got %d, want 0", events)
	}
	f.wantNewSocket(r)
}

func TestReplaceKept_drops_an_event_with_too_many_arguments(t *testing.T) {
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	r := &stockClient{}
	f.connectTo(r)
	f.lose(r)
	_ = n.Local().Key("most").Emit("a", make([]any, 4094)...)
	_ = n.Local().Key("too many").Emit("b", make([]any, 4095)...)
	same := func(_ string, args socketio.Args) []any { return args.Any() }
	if err := n.ReplaceKept("most", same); err != nil {
		t.Errorf("4,094 arguments: got %v, want no error", err)
	}
	if err := n.ReplaceKept("too many", same); err == nil {
		t.Error("4,095 arguments: got no error, want one")
	}
	wantMissed(t, f.resume(r), `42/chat,["a"`+strings.Repeat(",null", 4094)+`]`)
}
