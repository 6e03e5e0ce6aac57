package socketio_test

import (
	"errors"
	"slices"
	"testing"

	"gifchat/socketio"
)

func TestOnAny_handlers_run_first(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	note := func(s string) func(*socketio.Event) {
		return func(e *socketio.Event) { order.note(s + " " + e.Name) }
	}
	n := f.Of("/")
	n.On("e", note("namespace's"))
	n.OnAny(note("namespace's any"))
	n.OnConnect(func(s *socketio.Socket) {
		s.On("e", note("socket's"))
		s.OnAny(note("socket's any"))
		s.OnAny(func(e *socketio.Event) {
			if e.Name == "end" {
				_ = e.Ack()
			}
		})
	})
	c, _ := f.connect("/")
	c.send(`42["e"]`)
	c.send(`421["end"]`)
	c.want(`431[]`)
	order.want(t, "namespace's any e", "socket's any e", "namespace's e", "socket's e",
		"namespace's any end", "socket's any end")
}

func TestSocketHandlers_affect_one_socket(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(e *socketio.Event) { _ = e.Ack("shared") })
	_, s := f.connect("/")
	s.UseEvents(func(*socketio.Event, func() error) error { return errors.New("no") })
	s.OnAny(func(*socketio.Event) { t.Error("handler ran for an event of another socket") })
	s.On("e", func(*socketio.Event) { t.Error("handler ran for an event of another socket") })
	c, _ := f.connect("/")
	c.send(`421["e","x"]`)
	c.want(`431["shared"]`)
}

func TestSocketMiddleware_decides_about_events(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	n := f.Of("/")
	n.OnConnect(func(s *socketio.Socket) {
		s.UseEvents(func(e *socketio.Event, next func() error) error {
			order.note("first " + e.Name)
			switch e.Name {
			case "refused":
				return &socketio.Error{Message: "not this"}
			case "answered":
				_ = e.Ack("its own")
				return errors.New("not this")
			case "panic":
				panic("oops")
			}
			return next()
		})
		s.UseEvents(func(e *socketio.Event, next func() error) error { order.note("second " + e.Name); return next() })
	})
	n.OnAny(func(e *socketio.Event) { order.note("any " + e.Name) })
	for _, event := range []string{"taken", "refused", "answered", "panic"} {
		n.On(event, func(e *socketio.Event) { order.note("handled " + e.Name); _ = e.Ack("handled") })
	}
	c, _ := f.connect("/")
	c.send(`42["refused"]`) // without an ack id, so no error is sent
	c.send(`421["refused"]`)
	c.send(`422["answered"]`)
	c.send(`423["panic"]`)
	c.send(`424["taken"]`)
	c.want(`431[{"error":"not this"}]`, `432["its own"]`, `433[{"error":"Internal server error"}]`, `434["handled"]`)
	order.want(t, slices.Concat(
		[]string{"first refused", "first refused", "first answered", "first panic"},
		[]string{"first taken", "second taken", "any taken", "handled taken"},
	)...)
}
