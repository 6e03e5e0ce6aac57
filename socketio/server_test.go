package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gifchat/socketio"
)

func TestConnect_runs_middleware_and_handlers(t *testing.T) {
	f := serve(t, socketio.Config{Identify: func(r *http.Request) (any, error) { return "ann", nil }})
	chat := f.Of("chat") // the slash is optional
	var order journal
	connected := make(chan *socketio.Socket, 1)
	chat.Use(func(s *socketio.Socket) error {
		order.note("first")
		if s.Connected() || s.Emit("too early") == nil {
			t.Error("in middleware: got a connected socket, want it unconnected")
		}
		return nil
	})
	chat.Use(func(s *socketio.Socket) error { order.note("second"); return nil })
	chat.OnConnect(func(s *socketio.Socket) {
		order.note("connect")
		_ = s.Emit("welcome", s.ID())
		connected <- s
	})
	chat.On("hello", func(e *socketio.Event) { order.note("event"); _ = e.Ack() })

	c := f.dial()
	c.send(`40/chat,{"token":"secret"}`)
	c.send(`42/chat,1["hello"]`) // clients can send before the answer
	answer := c.receive()
	s := receive(t, connected)
	if answer != fmt.Sprintf(`40/chat,{"sid":"%s"}`, s.ID()) {
		t.Errorf("got %s, want a CONNECT with sid %s", answer, s.ID())
	}
	c.want(fmt.Sprintf(`42/chat,["welcome","%s"]`, s.ID()), `43/chat,1[]`)
	order.want(t, "first", "second", "connect", "event")
	var auth struct{ Token string }
	if err := s.Handshake().Auth.Bind(&auth); err != nil || auth.Token != "secret" || s.Handshake().Identity != "ann" {
		t.Errorf("handshake: got %+v, %v, want token secret and identity ann", s.Handshake(), err)
	}
	if s.Namespace() != chat || chat.Name() != "/chat" || s.Transport() != "websocket" || !s.Connected() {
		t.Errorf("socket: got namespace %s, transport %s, connected %v, want /chat, websocket, true", s.Namespace().Name(), s.Transport(), s.Connected())
	}
	if found, ok := chat.Socket(s.ID()); !ok || found != s || chat.Len() != 1 || !slices.Contains(chat.Sockets(), s) || f.Len() != 1 {
		t.Errorf("Socket(%s): got %v, %v, count %d, want the socket", s.ID(), found, ok, chat.Len())
	}
	s.SetData(7)
	if s.Data() != 7 {
		t.Errorf("data: got %v, want 7", s.Data())
	}
	if f.Of("/").Len() != 0 {
		t.Errorf("sockets of /: got %d, want 0", f.Of("/").Len())
	}
}

func TestConnect_is_refused_by_middleware(t *testing.T) {
	f := serve(t, socketio.Config{})
	for _, tt := range []struct {
		namespace string
		use       func(*socketio.Socket) error
		want      string
	}{
		{"/plain", func(*socketio.Socket) error { return &socketio.Error{Message: "not you"} }, `{"message":"not you"}`},
		{"/hidden", func(*socketio.Socket) error { return errors.New("of the database") }, `{"message":"Internal server error"}`},
		{"/data", func(*socketio.Socket) error {
			return &socketio.Error{Message: "no", Data: map[string]int{"code": 7}}
		}, `{"message":"no","data":{"code":7}}`},
		{"/wrapped", func(*socketio.Socket) error {
			return fmt.Errorf("outer: %w", &socketio.Error{Message: "inner"})
		}, `{"message":"inner"}`},
		{"/odd", func(*socketio.Socket) error {
			return &socketio.Error{Message: "no", Data: make(chan int)}
		}, `{"message":"no"}`},
		{"/panic", func(*socketio.Socket) error { panic("oops") }, `{"message":"Internal server error"}`},
		{"/unknown", nil, `{"message":"Invalid namespace"}`},
	} {
		t.Run(tt.namespace, func(t *testing.T) {
			if tt.use != nil {
				n := f.Of(tt.namespace)
				n.Use(tt.use)
				n.Use(func(*socketio.Socket) error { t.Error("the next middleware ran after a refusal"); return nil })
				n.OnConnect(func(*socketio.Socket) { t.Error("a connect handler ran after a refusal") })
				n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { t.Error("a disconnect handler ran after a refusal") })
			}
			c := f.dial()
			c.send("40" + tt.namespace + ",")
			c.want("44" + tt.namespace + "," + tt.want)
			c.connect("/") // the connection stays open
			if tt.use != nil && f.Of(tt.namespace).Len() != 0 {
				t.Errorf("sockets after a refusal: got %d, want 0", f.Of(tt.namespace).Len())
			}
		})
	}
}

func TestIdentify_error_is_answered_with_403(t *testing.T) {
	f := serve(t, socketio.Config{Identify: func(*http.Request) (any, error) { return nil, errors.New("no") }})
	if got := status(t, f.http.URL+"/socket.io/?EIO=4&transport=polling"); got != 403 {
		t.Errorf("status: got %d, want 403", got)
	}
}

func TestConnect_limits_the_namespaces_of_a_client(t *testing.T) {
	f := serve(t, socketio.Config{Limits: socketio.Limits{MaxNamespaces: 2}})
	f.Of("/a")
	c := f.dial()
	c.connect("/")
	c.connect("/a")
	f.Of("/b")
	c.send("40/b,")
	c.want(`44/b,{"message":"Too many namespaces"}`)
	c.send("41/a,")
	c.connect("/b")
}

// The reference server closes the connection for the first group of packets and
// not for the second.
func TestProtocolProbes(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("echo", func(e *socketio.Event) { _ = e.Ack(e.Args.Any()...) })
	type probe struct {
		packet string
		parts  int
	}
	for name, p := range map[string]probe{
		"truncated JSON":                      {`42["a"`, 0},
		"an object for an event":              {`42{}`, 0},
		"an empty array":                      {`42[]`, 0},
		"the name null":                       {`42[null]`, 0},
		"the name an object":                  {`42[{}]`, 0},
		"the name true":                       {`42[true]`, 0},
		"the name connect":                    {`42["connect"]`, 0},
		"the name disconnect":                 {`42["disconnect"]`, 0},
		"the name newListener":                {`42["newListener"]`, 0},
		"type 9":                              {`49`, 0},
		"nothing":                             {`4`, 0},
		"no engine packet":                    {``, 0},
		"engine type 9":                       {`9`, 0},
		"a ping":                              {`2`, 0},
		"ack id -1":                           {`42-1["a"]`, 0},
		"ack id 1.5":                          {`421.5["a"]`, 0},
		"ack id 10^23-1":                      {`4299999999999999999999999["a"]`, 0},
		"no count":                            {`45-["a"]`, 0},
		"no dash":                             {`451["a"]`, 0},
		"11 attachments":                      {`4511-["a"]`, 0},
		"10^20 attachments":                   {`45100000000000000000000-["a"]`, 0},
		"2^64-1 attachments":                  {`4518446744073709551615-["a"]`, 0},
		"a binary without a header":           {`42["a"]`, 1},
		"a placeholder without an attachment": {`451-["a",{"_placeholder":true,"num":5}]`, 1},
		"a negative placeholder":              {`451-["a",{"_placeholder":true,"num":-1}]`, 1},
		"a placeholder with a word":           {`451-["a",{"_placeholder":true,"num":"splice"}]`, 1},
		"a second CONNECT":                    {`40`, 0},
		"a CONNECT with a string":             {`40/x,"y"`, 0},
		"an event to another namespace":       {`42/other,["a"]`, 0},
		"a CONNECT_ERROR":                     {`44{"message":"no"}`, 0},
		"an ack to another namespace":         {`43/other,1[]`, 0},
		"a disconnect of another namespace":   {`41/other,`, 0},
		"a name of 257 bytes":                 {`40/` + strings.Repeat("n", 256) + `,`, 0},
	} {
		t.Run("closes for "+name, func(t *testing.T) {
			c, s := f.connect("/")
			ended := make(chan socketio.Reason, 1)
			f.Of("/").OnDisconnect(func(gone *socketio.Socket, reason socketio.Reason) {
				if gone == s {
					ended <- reason
				}
			})
			c.send(p.packet, make([][]byte, p.parts)...)
			c.wantEnd()
			if reason := receive(t, ended); reason != socketio.ReasonParseError && reason != socketio.ReasonTransportError {
				t.Errorf("reason: got %q, want a parse or transport error", reason)
			}
		})
	}
	t.Run("closes for an event before CONNECT", func(t *testing.T) {
		c := f.dial()
		c.send(`42["a"]`)
		c.wantEnd()
	})
	t.Run("closes for text before an announced attachment", func(t *testing.T) {
		c, _ := f.connect("/")
		c.send(`451-["a",{"_placeholder":true,"num":0}]`)
		c.send(`42["b"]`)
		c.wantEnd()
	})
	for name, packet := range map[string]string{
		"an event without a payload": `42`,
		"a numeric name":             `42[1,2]`,
		"the name error":             `42["error"]`,
		"the name __proto__":         `42["__proto__"]`,
		"the name constructor":       `42["constructor"]`,
		"an engine upgrade":          `5`,
		"an engine pong":             `3`,
		"an engine noop":             `6`,
		"an engine open":             `0{}`,
		"an ack of nothing":          `43`,
		"an ack with an unknown id":  `4399[]`,
		"U+0000":                     "42[\"a\",\"\\u0000\"]",
		"a lone surrogate":           `42["a","\ud800"]`,
		"depth 3,000":                `42["a",` + strings.Repeat("[", 3000) + strings.Repeat("]", 3000) + `]`,
		"an unhandled event":         `42["without a handler"]`,
	} {
		t.Run("stays open for "+name, func(t *testing.T) {
			c, _ := f.connect("/")
			c.send(packet)
			c.send(`427["echo",1]`)
			c.want(`437[1]`)
		})
	}
}

func TestHandlers_run_in_order(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	note := func(s string) func(*socketio.Event) {
		return func(*socketio.Event) { order.note(s) }
	}
	n := f.Of("/")
	n.On("e", note("one"))
	n.On("e", note("two"))
	n.OnConnect(func(s *socketio.Socket) {
		s.On("e", note("three"))
		s.On("e", note("four"))
		s.On("e", func(e *socketio.Event) { _ = e.Ack() })
	})
	c, _ := f.connect("/")
	for i := range 50 {
		c.send(fmt.Sprintf(`42%d["e"]`, i))
	}
	for i := range 50 {
		c.want(fmt.Sprintf(`43%d[]`, i))
	}
	order.want(t, slices.Repeat([]string{"one", "two", "three", "four"}, 50)...)
}

func TestOn_decodes_the_argument(t *testing.T) {
	f := serve(t, socketio.Config{})
	type say struct{ Text string }
	f.Of("/").On("say", func(e *socketio.Event) {
		var s say
		if err := e.Bind(&s); err != nil {
			e.Refuse(err)
			return
		}
		if !e.WantsAck() || e.Name != "say" {
			t.Errorf("event: got %+v, want say with an ack", e)
		}
		_ = e.Ack("heard", s.Text)
		if err := e.Ack("again"); !errors.Is(err, socketio.ErrAcked) {
			t.Errorf("second Ack: got %v, want %v", err, socketio.ErrAcked)
		}
	})
	c, _ := f.connect("/")
	c.send(`421["say",{"text":"hello"}]`)
	c.want(`431["heard","hello"]`)
	c.send(`422["say",5]`)
	if got := c.receive(); !strings.HasPrefix(got, `432[{"error":"`) {
		t.Errorf("got %s, want an error", got)
	}
	c.send(`423["say"]`)
	if got := c.receive(); !strings.HasPrefix(got, `433[{"error":"`) {
		t.Errorf("got %s, want an error", got)
	}
}

func TestAck_is_not_sent_unless_requested(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(e *socketio.Event) {
		if e.WantsAck() {
			t.Error("WantsAck: got true, want false")
		}
		if err := e.Ack("x"); err != nil {
			t.Error(err)
		}
		_ = e.Socket.Emit("done")
	})
	c, _ := f.connect("/")
	c.send(`42["e"]`)
	c.want(`42["done"]`)
}

func TestAck_can_come_later(t *testing.T) {
	f := serve(t, socketio.Config{})
	events := make(chan *socketio.Event, 2)
	f.Of("/").On("e", func(e *socketio.Event) { events <- e })
	c, s := f.connect("/")
	c.send(`421["e"]`)
	c.send(`422["e"]`)
	first, second := receive(t, events), receive(t, events)
	if err := second.Ack(2); err != nil {
		t.Error(err)
	}
	if err := first.Ack(1); err != nil {
		t.Error(err)
	}
	c.want(`432[2]`, `431[1]`)
	c.send(`423["e"]`)
	third := receive(t, events)
	s.Disconnect()
	if err := third.Ack(3); !errors.Is(err, socketio.ErrDisconnected) {
		t.Errorf("Ack after Disconnect: got %v, want %v", err, socketio.ErrDisconnected)
	}
}

func TestHandler_that_is_slow_delays_only_its_client(t *testing.T) {
	f := serve(t, socketio.Config{})
	hold := make(chan struct{})
	f.Of("/").On("slow", func(e *socketio.Event) { <-hold; _ = e.Ack() })
	f.Of("/").On("quick", func(e *socketio.Event) { _ = e.Ack() })
	slow, s := f.connect("/")
	other, _ := f.connect("/")
	slow.send(`421["slow"]`)
	slow.send(`422["quick"]`)
	other.send(`421["quick"]`)
	other.want(`431[]`)
	if err := s.Emit("during the handler"); err != nil {
		t.Error(err)
	}
	slow.want(`42["during the handler"]`)
	slow.wantAlive()
	close(hold)
	slow.want(`431[]`, `432[]`)
}

func TestHandler_panic_affects_one_event(t *testing.T) {
	f := serve(t, socketio.Config{})
	n := f.Of("/")
	gone := make(chan struct{})
	n.OnConnect(func(*socketio.Socket) { panic("on connect") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { panic("on disconnect") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { close(gone) })
	n.On("panic", func(*socketio.Event) { panic("in an event") })
	n.On("panic", func(e *socketio.Event) { _ = e.Ack("the next handler runs") })
	c, _ := f.connect("/")
	c.send(`421["panic"]`)
	c.want(`431["the next handler runs"]`)
	c.send(`422["panic"]`)
	c.want(`432["the next handler runs"]`)
	c.close()
	receive(t, gone)
}

func TestDisconnect_reports_the_reason(t *testing.T) {
	for _, tt := range []struct {
		do   func(*fixture, *client, *socketio.Socket)
		want socketio.Reason
	}{
		{func(_ *fixture, c *client, _ *socketio.Socket) { c.send("41") }, socketio.ReasonClientDisconnect},
		{func(_ *fixture, _ *client, s *socketio.Socket) { s.Disconnect() }, socketio.ReasonServerDisconnect},
		{func(_ *fixture, c *client, _ *socketio.Socket) { c.close() }, socketio.ReasonTransportClose},
		{func(_ *fixture, _ *client, s *socketio.Socket) { s.CloseConn() }, socketio.ReasonForcedClose},
		{func(_ *fixture, c *client, _ *socketio.Socket) { c.send("42[]") }, socketio.ReasonParseError},
		{func(f *fixture, _ *client, _ *socketio.Socket) { f.close() }, socketio.ReasonServerShutdown},
	} {
		t.Run(string(tt.want), func(t *testing.T) {
			f := serve(t, socketio.Config{})
			type end struct {
				reason    socketio.Reason
				rooms     []string
				connected bool
				count     int
			}
			ends := make(chan end, 10)
			f.Of("/").OnDisconnect(func(s *socketio.Socket, reason socketio.Reason) {
				s.Join("too late")
				ends <- end{reason, s.Rooms(), s.Connected(), f.Of("/").Len()}
			})
			c, s := f.connect("/")
			s.Join("a", "b")
			tt.do(f, c, s)
			got := receive(t, ends)
			if got.reason != tt.want || got.connected || got.count != 0 || !slices.Equal(got.rooms, []string{"a", "b"}) {
				t.Errorf("disconnect handler: got %+v, want reason %q and rooms a and b", got, tt.want)
			}
			if err := s.Emit("x"); !errors.Is(err, socketio.ErrDisconnected) {
				t.Errorf("Emit after the end: got %v, want %v", err, socketio.ErrDisconnected)
			}
			if err := s.Volatile().Emit("x"); !errors.Is(err, socketio.ErrDisconnected) {
				t.Errorf("EmitVolatile after the end: got %v, want %v", err, socketio.ErrDisconnected)
			}
			if _, err := s.EmitWithAck(t.Context(), "x"); !errors.Is(err, socketio.ErrDisconnected) {
				t.Errorf("EmitWithAck after the end: got %v, want %v", err, socketio.ErrDisconnected)
			}
			s.Disconnect() // has no effect
			f.close()
			if len(ends) != 0 {
				t.Errorf("disconnect handler ran again: %+v", receive(t, ends))
			}
		})
	}
}

func TestDisconnect_affects_one_namespace(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/chat").On("e", func(e *socketio.Event) { _ = e.Ack() })
	c, main := f.connect("/")
	f.join(c, "/chat")
	main.Disconnect()
	c.want("41")
	c.send(`42/chat,1["e"]`)
	c.want(`43/chat,1[]`)
	c.send("41/chat,")
	eventually(t, func() bool { return f.Of("/chat").Len() == 0 })
	c.connect("/chat")
	c.connect("/")
}

func TestDisconnect_ignores_packets_sent_before_the_client_learned_of_it(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(*socketio.Event) { t.Error("an event of a disconnected socket was handled") })
	c, s := f.connect("/")
	f.Of("/chat")
	f.join(c, "/chat")
	s.Disconnect()
	c.want("41")
	c.send(`42["e"]`)
	c.send(`421["e"]`)
	c.send(`439[]`)
	c.send(`41`)
	c.send(`451-["e",{"_placeholder":true,"num":0}]`, []byte("x"))
	c.connect("/") // the client can connect again
	c.send("41")
	eventually(t, func() bool { return f.Of("/").Len() == 0 })
	c.send(`42["e"]`) // the client has disconnected by itself, so this breaks the protocol
	c.wantEnd()
}

func TestDisconnect_in_a_handler(t *testing.T) {
	f := serve(t, socketio.Config{})
	var order journal
	done := make(chan struct{})
	n := f.Of("/")
	n.On("leave", func(e *socketio.Event) { e.Socket.Disconnect(); order.note("handled") })
	n.OnDisconnect(func(*socketio.Socket, socketio.Reason) { order.note("disconnected"); close(done) })
	c, _ := f.connect("/")
	c.send(`42["leave"]`)
	c.want("41")
	receive(t, done)
	order.want(t, "handled", "disconnected")
}

func TestEmitWithAck(t *testing.T) {
	f := serve(t, socketio.Config{})
	c, s := f.connect("/")
	type result struct {
		args socketio.Args
		err  error
	}
	ask := func(ctx context.Context) <-chan result {
		r := make(chan result, 1)
		go func() {
			args, err := s.EmitWithAck(ctx, "ask", 1)
			r <- result{args, err}
		}()
		return r
	}
	answered := ask(t.Context())
	c.want(`421["ask",1]`)
	c.send(`431["yes",2]`)
	var word string
	var n int
	if r := receive(t, answered); r.err != nil || r.args.Bind(&word, &n) != nil || word != "yes" || n != 2 {
		t.Errorf("got %+v, want yes and 2", r)
	}

	binary := ask(t.Context())
	c.want(`422["ask",1]`)
	c.send(`461-2[{"_placeholder":true,"num":0}]`, []byte("raw"))
	var raw []byte
	if r := receive(t, binary); r.err != nil || r.args.Bind(&raw) != nil || string(raw) != "raw" {
		t.Errorf("got %+v, want raw", r)
	}

	enough := errors.New("enough")
	limited, cancel := context.WithCancelCause(t.Context())
	late := ask(limited)
	c.want(`423["ask",1]`)
	cancel(enough)
	if r := receive(t, late); !errors.Is(r.err, enough) {
		t.Errorf("got %+v, want the cause", r)
	}
	c.send(`433["too late"]`) // ignored
	if s.PendingAcks() != 0 {
		t.Errorf("pending acknowledgements: got %d, want 0", s.PendingAcks())
	}

	lost := ask(context.Background())
	c.want(`424["ask",1]`)
	c.close()
	if r := receive(t, lost); !errors.Is(r.err, socketio.ErrDisconnected) {
		t.Errorf("got %+v, want %v", r, socketio.ErrDisconnected)
	}
	eventually(t, func() bool { return s.PendingAcks() == 0 })
}

func TestEmitWithAck_in_a_handler(t *testing.T) {
	f := serve(t, socketio.Config{})
	f.Of("/").On("e", func(e *socketio.Event) {
		args, err := e.Socket.EmitWithAck(ctx(t), "ask")
		if err != nil {
			t.Error(err)
		}
		_ = e.Ack(args.Any()...)
	})
	c, _ := f.connect("/")
	c.send(`427["e"]`)
	c.want(`421["ask"]`)
	c.send(`431["answer"]`)
	c.want(`437["answer"]`)
}

// A handler waits without a timeout. The wait ends when the client disconnects.
func TestEmitWithAck_ends_when_the_client_disconnects(t *testing.T) {
	for name, end := range map[string]func(*client, *socketio.Socket){
		"the client disconnects":           func(c *client, _ *socketio.Socket) { c.close() },
		"the server disconnects":           func(_ *client, s *socketio.Socket) { s.Disconnect() },
		"the server closes the connection": func(_ *client, s *socketio.Socket) { s.CloseConn() },
	} {
		for _, broadcast := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, broadcast %v", name, broadcast), func(t *testing.T) {
				f := serve(t, socketio.Config{})
				result := make(chan error, 1)
				f.Of("/").On("e", func(e *socketio.Event) {
					var err error
					if broadcast {
						_, err = f.Of("/").EmitWithAck(context.Background(), "ask")
					} else {
						_, err = e.Socket.EmitWithAck(context.Background(), "ask")
					}
					result <- err
				})
				c, s := f.connect("/")
				c.send(`42["e"]`)
				c.want(`421["ask"]`)
				end(c, s)
				if err := receive(t, result); err == nil {
					t.Error("EmitWithAck: got no error, want one")
				}
				eventually(t, func() bool { return s.PendingAcks() == 0 })
			})
		}
	}
}

// A client has sent many slow events ahead. Close does not wait for them, but
// the disconnect handler runs.
func TestServerClose_drops_packets_that_wait_too_long(t *testing.T) {
	f := serve(t, socketio.Config{})
	const events = 50
	var handled atomic.Int32
	begun, ended := make(chan struct{}, events), make(chan socketio.Reason, 1)
	f.Of("/").On("slow", func(*socketio.Event) {
		begun <- struct{}{}
		time.Sleep(100 * time.Millisecond)
		handled.Add(1)
	})
	f.Of("/").OnDisconnect(func(_ *socketio.Socket, r socketio.Reason) { ended <- r })
	c, _ := f.connect("/")
	for range events {
		c.send(`42["slow"]`)
	}
	for range 3 { // by then the server has received the other events
		receive(t, begun)
	}
	if err := f.Close(ctx(t)); err != nil {
		t.Fatal(err)
	}
	if got := handled.Load(); got > events/2 {
		t.Errorf("events: got %d of %d, want only those of the first 0.2 s", got, events)
	}
	if got := receive(t, ended); got != socketio.ReasonServerShutdown {
		t.Errorf("reason: got %q, want %q", got, socketio.ReasonServerShutdown)
	}
}
