package socketio_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gifchat/socketio"
)

// tenants returns the parent of all namespaces /tenant-….
func tenants(f *fixture) *socketio.ParentNamespace {
	return f.OfFunc(func(name string) bool { return strings.HasPrefix(name, "/tenant-") })
}

// wantRemoved waits until a child is removed, and expects no other child.
func wantRemoved(t *testing.T, f *fixture, p *socketio.ParentNamespace, name string) {
	t.Helper()
	eventually(t, func() bool { _, ok := f.Lookup(name); return !ok })
	if n := len(p.Children()); n != 0 {
		t.Errorf("children: got %d, want 0", n)
	}
}

func TestParentNamespace_children_inherit_handlers(t *testing.T) {
	f := serve(t, socketio.Config{})
	p := tenants(f)
	var order journal
	p.Use(func(s *socketio.Socket) error { order.note("middleware of " + s.Namespace().Name()); return nil })
	p.OnConnect(func(s *socketio.Socket) {
		order.note("connect")
		s.Namespace().On("e", func(e *socketio.Event) { order.note("child"); _ = e.Ack() })
	})
	p.OnAny(func(*socketio.Event) { order.note("any") })
	socketio.On(p, "e", func(_ context.Context, _ *socketio.Socket, arg string) error { order.note("parent " + arg); return nil })
	ended := make(chan struct{})
	p.OnDisconnect(func(s *socketio.Socket, _ socketio.Reason) {
		if n, ok := f.Lookup(s.Namespace().Name()); !ok || n != s.Namespace() {
			t.Error("the child was removed before its disconnect handler returned")
		}
		close(ended)
	})
	c := f.dial()
	c.connect("/tenant-1")
	c.send(`42/tenant-1,1["e","x"]`)
	c.want(`43/tenant-1,1[]`)
	if children := p.Children(); len(children) != 1 || children[0].Name() != "/tenant-1" || children[0].Len() != 1 {
		t.Errorf("children: got %v, want /tenant-1 with one socket", children)
	}
	c.send("40/other,")
	c.want(`44/other,{"message":"Invalid namespace"}`)
	c.send("41/tenant-1,")
	receive(t, ended)
	wantRemoved(t, f, p, "/tenant-1")
	order.want(t, "middleware of /tenant-1", "connect", "any", "parent x", "child")
}

func TestParentNamespace_children_are_separate(t *testing.T) {
	f := serve(t, socketio.Config{})
	p := tenants(f)
	p.On("say", func(e *socketio.Event) { _ = e.Socket.Namespace().Emit("said") })
	a, b := f.dial(), f.dial()
	a.connect("/tenant-a")
	b.connect("/tenant-b")
	a.send(`42/tenant-a,["say"]`)
	a.want(`42/tenant-a,["said"]`)
	b.wantAlive()
	a.close()
	b.close()
	eventually(t, func() bool { return len(p.Children()) == 0 })
	wantRemoved(t, f, p, "/tenant-a")
}

func TestParentNamespace_removes_the_child_of_a_refused_client(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxDynamicNamespaces: 1}})
	p := tenants(f)
	p.Use(func(*socketio.Socket) error { return &socketio.Error{Message: "not you"} })
	c := f.dial()
	for i := range 3 {
		c.send(fmt.Sprintf("40/tenant-%d,", i))
		c.want(fmt.Sprintf(`44/tenant-%d,{"message":"not you"}`, i))
	}
	wantRemoved(t, f, p, "/tenant-2")
}

func TestParentNamespace_children_are_limited(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxDynamicNamespaces: 2}})
	p := tenants(f)
	c, other := f.dial(), f.dial()
	c.connect("/tenant-1")
	c.connect("/tenant-2")
	other.connect("/tenant-2")
	other.send("40/tenant-3,")
	other.want(`44/tenant-3,{"message":"Too many namespaces"}`)
	c.send("41/tenant-1,")
	eventually(t, func() bool { return len(p.Children()) == 1 })
	other.connect("/tenant-3")
	f.Of("/tenant-3") // does not count as dynamic now
	other.connect("/tenant-4")
}

func TestOf_keeps_the_namespace_it_returns(t *testing.T) {
	f := serve(t, socketio.Config{})
	p := tenants(f)
	p.On("e", func(e *socketio.Event) { _ = e.Ack() })
	before := f.Of("/tenant-1")
	c := f.dial()
	for _, n := range []string{"/tenant-1", "/tenant-2"} {
		c.connect(n)
		c.send("42" + n + `,1["e"]`)
		c.want("43" + n + ",1[]")
	}
	during := f.Of("tenant-2")
	c.close()
	for _, n := range []*socketio.Namespace{before, during} {
		eventually(t, func() bool { return n.Len() == 0 })
		f.close() // every handler has returned
		if found, ok := f.Lookup(n.Name()); !ok || found != n || f.Of(n.Name()) != n {
			t.Errorf("%s: got another namespace, want the one that Of returned", n.Name())
		}
	}
}

func TestOfFunc_match_that_panics_accepts_no_name(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.OfFunc(func(string) bool { panic("oops") })
	c := f.dial()
	c.send("40/x,")
	c.want(`44/x,{"message":"Invalid namespace"}`)
	c.connect("/")
}

// Clients connect to a few namespaces and disconnect, all at once.
func TestParentNamespace_survives_churn(t *testing.T) {
	f := serve(t, socketio.Config{})
	p := tenants(f)
	p.On("say", func(e *socketio.Event) { _ = e.Socket.Emit("said", e.Socket.Namespace().Len() > 0) })
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			c := f.dial()
			defer c.close()
			for j := range 20 {
				n := fmt.Sprintf("/tenant-%d", (i+j)%3)
				c.connect(n)
				c.send("42" + n + `,["say"]`)
				c.want("42" + n + `,["said",true]`)
				c.send("41" + n + ",")
			}
		})
	}
	wg.Wait()
	f.close()
	if n := len(p.Children()); n != 0 {
		t.Errorf("children: got %d, want 0", n)
	}
}
