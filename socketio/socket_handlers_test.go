package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

func TestSocketHandlers_once_and_off(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(e *socketio.Event) { _ = e.Socket.Emit("namespace") })
	c, s := f.connect("/")
	s.On("e", func(*socketio.Event) { _ = s.Emit("on") })
	s.OnAny(func(e *socketio.Event) { // adds a handler for the next event, not for this one
		s.Once("next", func(*socketio.Event) { _ = s.Emit("next") })
	})
	s.Once("e", func(*socketio.Event) {
		_ = s.Emit("once")
		s.Once("e", func(*socketio.Event) { _ = s.Emit("once more") })
	})
	s.Once("other", func(*socketio.Event) { _ = s.Emit("other") })
	for range 3 {
		c.send(`42["e"]`)
	}
	c.want(`42["namespace"]`, `42["on"]`, `42["once"]`, `42["namespace"]`, `42["on"]`, `42["once more"]`, `42["namespace"]`, `42["on"]`)
	s.Once("e", func(*socketio.Event) { t.Error("handler ran after Off") })
	s.Off("e")
	s.Off("unknown")
	s.Off("next")
	c.send(`42["next"]`)
	c.send(`42["e"]`)
	c.send(`42["other"]`)
	c.want(`42["namespace"]`, `42["other"]`)
}

func TestOnce_does_not_count_a_refused_event(t *testing.T) {
	f := serve(t, socketio.Config{})
	c, s := f.connect("/")
	refused := false
	s.UseEvents(func(_ *socketio.Event, next func() error) error {
		if !refused {
			refused = true
			return &socketio.Error{Message: "not yet"}
		}
		return next()
	})
	s.Once("e", func(e *socketio.Event) { _ = e.Ack("once") })
	c.send(`421["e"]`)
	c.send(`422["e"]`)
	c.want(`431[{"error":"not yet"}]`, `432["once"]`)
}

func TestUseEvents_runs_from_the_parent_to_the_socket(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	p := f.OfFunc(func(name string) bool { return name == "/tenant" })
	p.UseEvents(func(_ *socketio.Event, next func() error) error { order.note("parent"); return next() })
	n := f.Of("/tenant")
	n.UseEvents(func(e *socketio.Event, next func() error) error {
		order.note("namespace")
		if e.Name == "refused" {
			return &socketio.Error{Message: "no"}
		}
		return next()
	})
	n.OnConnect(func(s *socketio.Socket) {
		s.UseEvents(func(_ *socketio.Event, next func() error) error { order.note("socket"); return next() })
	})
	n.OnAny(func(*socketio.Event) { order.note("handler") })
	c, _ := f.connect("/tenant")
	c.send(`42/tenant,1["refused"]`)
	c.want(`43/tenant,1[{"error":"no"}]`)
	c.send(`42/tenant,2["e"]`)
	c.send(`42/tenant,3["refused"]`)
	c.want(`43/tenant,3[{"error":"no"}]`)
	order.want(t, "parent", "namespace", "parent", "namespace", "socket", "handler", "parent", "namespace")
}

func TestEmitWithAckFunc_calls_the_function_between_handlers(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	type result struct {
		answer socketio.Args
		err    error
	}
	results := make(chan result, 1)
	done := func(answer socketio.Args, err error) {
		order.note("answer")
		results <- result{answer, err}
	}
	c, s := f.connect("/")
	release := make(chan struct{})
	s.On("e", func(*socketio.Event) {
		s.EmitWithAckFunc(time.Minute, done, "question", 7)
		<-release
		order.note("handler")
	})
	c.send(`42["e"]`)
	c.want(`421["question",7]`)
	c.send(`431["answer"]`)
	c.wantAlive() // the acknowledgement has been received
	close(release)
	got := receive(t, results)
	var text string
	if err := got.answer.Bind(&text); got.err != nil || err != nil || text != "answer" {
		t.Errorf("answer: got %q, %v, %v, want answer", text, got.err, err)
	}
	order.want(t, "handler", "answer")

	s.EmitWithAckFunc(time.Minute, done, "question", make(chan int))
	if got := receive(t, results); got.err == nil {
		t.Error("argument that cannot be encoded: got no error, want one")
	}
	s.EmitWithAckFunc(time.Minute, done, "question")
	c.want(`423["question"]`)
	c.close()
	if got := receive(t, results); !errors.Is(got.err, socketio.ErrDisconnected) {
		t.Errorf("lost client: got %v, want %v", got.err, socketio.ErrDisconnected)
	}
	s.EmitWithAckFunc(time.Minute, done, "question")
	if got := receive(t, results); !errors.Is(got.err, socketio.ErrDisconnected) {
		t.Errorf("disconnected socket: got %v, want %v", got.err, socketio.ErrDisconnected)
	}
}

func TestData_has_the_type_of_SetData(t *testing.T) {
	f := serve(t, socketio.Config{})
	_, s := f.connect("/")
	if got, ok := socketio.Data[int](s); got != 0 || ok {
		t.Errorf("Data before SetData: got %v, %v, want 0, false", got, ok)
	}
	s.SetData(7)
	if got, ok := socketio.Data[int](s); got != 7 || !ok {
		t.Errorf("Data[int]: got %v, %v, want 7, true", got, ok)
	}
	if got, ok := socketio.Data[string](s); got != "" || ok {
		t.Errorf("Data[string]: got %q, %v, want no string", got, ok)
	}
}

func TestRateLimit_refuses_events_above_the_rate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit, done := socketio.RateLimit(2, 3), func() error { return nil }
		ann, bob := socketio.NewEvent("ann"), socketio.NewEvent("bob")
		accepted := func(e *socketio.Event, want int) {
			t.Helper()
			got := 0
			for limit(e, done) == nil {
				got++
			}
			if got != want {
				t.Errorf("accepted: got %d, want %d", got, want)
			}
		}
		accepted(ann, 3)
		accepted(bob, 3) // has a rate of its own
		err, _ := errors.AsType[*socketio.Error](limit(ann, done))
		if data, ok := err.Data.(map[string]int64); err.Message != "Too many events" || !ok || data["retryAfter"] != 500 {
			t.Errorf("refusal: got %q, %v, want Too many events, after 500 ms", err.Message, err.Data)
		}
		time.Sleep(500 * time.Millisecond)
		accepted(ann, 1)
		time.Sleep(time.Hour)
		accepted(ann, 3)
	})
}

func TestRateLimit_forgets_idle_sockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if got := socketio.RateLimitSize(10_000); got > 1024 {
			t.Errorf("remembered sockets: got %d of 10,000, want at most 1,024", got)
		}
	})
}

func TestRateLimit_accepts_extreme_values(t *testing.T) {
	for _, tt := range []struct {
		perSecond float64
		burst     int
	}{{1e-300, 1 << 40}, {1e300, 1}, {1e-9, 2}} {
		limit, e := socketio.RateLimit(tt.perSecond, tt.burst), socketio.NewEvent("ann")
		if err := limit(e, func() error { return nil }); err != nil {
			t.Errorf("RateLimit(%v, %d): first event: got %v, want none refused", tt.perSecond, tt.burst, err)
		}
	}
	for _, perSecond := range []float64{0, -1, math.NaN()} {
		if !panics(func() { socketio.RateLimit(perSecond, 1) }) {
			t.Errorf("RateLimit(%v, 1): got no panic, want one", perSecond)
		}
	}
}

func TestUseEvents_surrounds_the_handlers(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	n := f.Of("/")
	last := make(chan struct{})
	n.UseEvents(func(e *socketio.Event, next func() error) error {
		if e.Name == "works" {
			defer close(last)
		}
		order.note("before")
		err := next()
		order.note(fmt.Sprint("after: ", err))
		if again := next(); !errors.Is(again, err) {
			t.Errorf("second next: got %v, want %v", again, err)
		}
		if e.Name == "mapped" {
			return &socketio.Error{Message: "mapped"}
		}
		return err
	})
	n.UseEvents(func(e *socketio.Event, next func() error) error {
		if e.Name == "silent" {
			return nil // no handler runs, and no answer is sent
		}
		return next()
	})
	for _, event := range []string{"mapped", "fails", "silent"} {
		socketio.On(n, event, func(context.Context, *socketio.Socket, struct{}) error {
			order.note("handler")
			return &socketio.Error{Message: "of the handler"}
		})
	}
	n.On("works", func(e *socketio.Event) { order.note("handler"); _ = e.Ack("done") })
	c, _ := f.connect("/")
	for i, event := range []string{"silent", "mapped", "fails", "works"} {
		c.send(fmt.Sprintf(`42%d["%s"]`, i, event))
	}
	c.want(`431[{"error":"mapped"}]`, `432[{"error":"of the handler"}]`, `433["done"]`)
	receive(t, last)
	order.want(t, "before", "after: <nil>", "before", "handler", "after: of the handler",
		"before", "handler", "after: of the handler", "before", "handler", "after: <nil>")
}
