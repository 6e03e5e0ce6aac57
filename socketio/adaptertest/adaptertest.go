// Package adaptertest tests implementations of socketio.Adapter for their
// guarantees, and contains Hub, an implementation for servers of one process.
package adaptertest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"gifchat/socketio"
	"gifchat/socketio/internal/siotest"
)

// Factories returns a Config.Adapter for each of n servers. The n servers are
// connected with each other and with no other server. It releases its resources
// with t.Cleanup.
type Factories func(t testing.TB, n int) []func(*socketio.Namespace) socketio.Adapter

// Test checks the guarantees of socketio.Adapter.
func Test(t *testing.T, factories Factories) {
	t.Run("a broadcast reaches the sockets of every server", func(t *testing.T) { testEmit(t, cluster(t, factories)) })
	t.Run("events keep their arguments", func(t *testing.T) { testArguments(t, cluster(t, factories)) })
	t.Run("events keep their order", func(t *testing.T) { testOrder(t, cluster(t, factories)) })
	t.Run("acknowledgements come from every server", func(t *testing.T) { testEmitWithAck(t, cluster(t, factories)) })
	t.Run("sockets join and leave", func(t *testing.T) { testJoin(t, cluster(t, factories)) })
	t.Run("sockets are disconnected", func(t *testing.T) { testDisconnect(t, cluster(t, factories)) })
	t.Run("sockets are described", func(t *testing.T) { testSockets(t, cluster(t, factories)) })
	t.Run("servers emit to each other", func(t *testing.T) { testServerSide(t, cluster(t, factories)) })
	t.Run("a closed server is not waited for", func(t *testing.T) { testClose(t, cluster(t, factories)) })
}

func testEmit(t *testing.T, nodes []*node) {
	main := nodes[0].Of("/")
	nodes[0].socket.Join("a")
	nodes[1].socket.Join("a", "b")
	for name, tt := range map[string]struct {
		b    socketio.Broadcast
		want []int
	}{
		"every server":             {main.Except(), []int{0, 1, 2}},
		"a room":                   {main.To("a"), []int{0, 1}},
		"two rooms, each once":     {main.To("a", "b"), []int{0, 1}},
		"a room of another server": {main.To("b"), []int{1}},
		"except a room":            {main.Except("b"), []int{0, 2}},
		"a socket's id":            {main.To(string(nodes[2].socket.ID())), []int{2}},
		"except a socket":          {main.Except(string(nodes[1].socket.ID())), []int{0, 2}},
		"all but the sender":       {nodes[0].socket.Broadcast(), []int{1, 2}},
		"an empty room":            {main.To("none"), nil},
		"this server":              {main.Local(), []int{0}},
		"volatile":                 {main.Volatile().To("no poll waits"), nil},
	} {
		if err := tt.b.Emit("e", name); err != nil {
			t.Fatal(err)
		}
		if err := nodes[0].Of("/other").Emit("e", "for others"); err != nil {
			t.Fatal(err)
		}
		if err := main.Emit("end"); err != nil {
			t.Fatal(err)
		}
		for i, n := range nodes {
			if slices.Contains(tt.want, i) {
				n.client.want(fmt.Sprintf(`42["e",%q]`, name))
			}
			n.client.want(`42["end"]`)
		}
	}
}

func testArguments(t *testing.T, nodes []*node) {
	type file struct {
		Name string          `json:"name"`
		Body socketio.Binary `json:"body"`
	}
	args := []any{file{"ü\u2028", socketio.Binary("\xff\x00")}, []byte("raw"), 1.5, 9007199254740991, nil, true, map[string]any{}, []int{}}
	if err := nodes[0].Of("/").Emit("e", args...); err != nil {
		t.Fatal(err)
	}
	var want []string
	for range 3 {
		want = append(want, nodes[0].client.receive())
	}
	for _, n := range nodes[1:] {
		n.client.want(want...)
	}
}

func testOrder(t *testing.T, nodes []*node) {
	const events = 50
	other := nodes[2].socket
	for i := range events {
		if err := nodes[0].Of("/").Emit("e", i); err != nil {
			t.Fatal(err)
		}
	}
	nodes[0].Of("/").Join("late")
	for i := range events {
		nodes[2].client.want(fmt.Sprintf(`42["e",%d]`, i))
	}
	eventually(t, func() bool { return slices.Contains(other.Rooms(), "late") })
}

func testEmitWithAck(t *testing.T, nodes []*node) {
	type result struct {
		answers []socketio.Args
		err     error
	}
	ask := func(ctx context.Context) <-chan result {
		results := make(chan result, 1)
		go func() {
			answers, err := nodes[0].Of("/").EmitWithAck(ctx, "ask", "x")
			results <- result{answers, err}
		}()
		return results
	}
	answer := func(n *node) {
		t.Helper()
		var id int
		if packet := n.client.receive(); !scan(packet, `42%d["ask","x"]`, &id) {
			t.Fatalf("packet: got %q, want the event ask", packet)
		}
		n.client.send(fmt.Sprintf(`43%d["yes"]`, id))
	}
	all, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	results := ask(all)
	for _, n := range nodes {
		answer(n)
	}
	if r := <-results; r.err != nil || len(r.answers) != len(nodes) {
		t.Fatalf("acknowledgements: got %d, %v, want %d", len(r.answers), r.err, len(nodes))
	}
	some, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	results = ask(some)
	answer(nodes[0])
	answer(nodes[1])
	if r := <-results; r.err == nil || len(r.answers) != 2 {
		t.Errorf("acknowledgements: got %d, %v, want 2 and an error", len(r.answers), r.err)
	}
}

func scan(s, format string, into ...any) bool {
	n, err := fmt.Sscanf(s, format, into...)
	return err == nil && n == len(into)
}

func testJoin(t *testing.T, nodes []*node) {
	in := func(i int, rooms ...string) {
		t.Helper()
		eventually(t, func() bool { return slices.Equal(nodes[i].socket.Rooms(), rooms) })
	}
	nodes[0].Of("/").Join("a", "b")
	in(0, "a", "b")
	in(1, "a", "b")
	in(2, "a", "b")
	nodes[1].socket.To("a").Except(string(nodes[2].socket.ID())).Leave("a")
	nodes[1].Of("/").Join("end")
	in(0, "b", "end")
	in(1, "a", "b", "end")
	in(2, "a", "b", "end")
	nodes[0].Of("/").Local().Leave("b")
	nodes[0].Of("/").Leave("end")
	in(0)
	in(1, "a", "b")
	in(2, "a", "b")
}

func testDisconnect(t *testing.T, nodes []*node) {
	nodes[0].Of("/").To(string(nodes[1].socket.ID())).Disconnect()
	nodes[1].client.want("41")
	eventually(t, func() bool { return nodes[1].Of("/").Len() == 0 })
	if nodes[1].Len() != 1 {
		t.Errorf("connections: got %d, want 1", nodes[1].Len())
	}
	nodes[1].Of("/").Except(string(nodes[0].socket.ID())).CloseConns()
	eventually(t, func() bool { return nodes[2].Len() == 0 })
	if !nodes[0].socket.Connected() {
		t.Error("excluded socket: got disconnected, want connected")
	}
}

func testSockets(t *testing.T, nodes []*node) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	nodes[1].socket.Join("a", "b")
	nodes[1].socket.SetData(map[string]string{"name": "ann"})
	list, err := nodes[0].Of("/").To("a", string(nodes[0].socket.ID())).FetchSockets(ctx)
	if err != nil || len(list) != 2 {
		t.Fatalf("FetchSockets: got %v, %v, want 2 sockets", list, err)
	}
	i := slices.IndexFunc(list, func(s socketio.SocketInfo) bool { return s.ID == nodes[1].socket.ID() })
	if i < 0 || !slices.Equal(list[i].Rooms, []string{"a", "b"}) {
		t.Fatalf("FetchSockets: got %v, want one in rooms a and b", list)
	}
	var data struct{ Name string }
	if err := list[i].Data.Bind(&data); err != nil || data.Name != "ann" {
		t.Errorf("data: got %s, %v, want the name ann", list[i].Data.JSON(), err)
	}
	list, err = nodes[0].Of("/").Local().FetchSockets(ctx)
	if err != nil || len(list) != 1 || !list[0].Data.IsZero() {
		t.Errorf("local FetchSockets: got %v, %v, want 1 socket without data", list, err)
	}
}

func testServerSide(t *testing.T, nodes []*node) {
	received := make(chan string, 10)
	for i, n := range nodes {
		n.Of("/").OnServerSide("event", func(args socketio.Args) {
			var word string
			_ = args.Bind(&word)
			received <- fmt.Sprint(i, word)
		})
		n.Of("/").AnswerServerSide("ask", func(socketio.Args) any { return i })
		n.Of("/other").OnServerSide("event", func(socketio.Args) { received <- "the other namespace" })
	}
	if err := nodes[0].Of("/").ServerSideEmit("event", "x"); err != nil {
		t.Fatal(err)
	}
	got := []string{receive(t, received), receive(t, received)}
	if slices.Sort(got); !slices.Equal(got, []string{"1x", "2x"}) {
		t.Errorf("receivers: got %v, want 1x and 2x", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	answers, err := nodes[2].Of("/").ServerSideEmitWithAck(ctx, "ask")
	sum := 0
	for _, a := range answers {
		var i int
		if err := a.Bind(&i); err != nil {
			t.Error(err)
		}
		sum += i
	}
	if err != nil || len(answers) != 2 || sum != 0+1 {
		t.Errorf("answers: got %d with sum %d, %v, want 2 with sum 1", len(answers), sum, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := nodes[0].Of("/").ServerSideEmitWithAck(short, "without a handler"); err == nil {
		t.Error("missing answers: got no error, want one")
	}
	if len(received) != 0 {
		t.Errorf("receivers: got also %q, want two", <-received)
	}
}

func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	return siotest.Receive(t, c)
}

func testClose(t *testing.T, nodes []*node) {
	gone := nodes[2].Of("/")
	nodes[2].close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if list, err := nodes[0].Of("/").FetchSockets(ctx); err != nil || len(list) != 2 {
		t.Errorf("FetchSockets after a Close: got %d, %v, want 2", len(list), err)
	}
	if _, err := gone.FetchSockets(ctx); err == nil {
		t.Error("FetchSockets of a closed adapter: got no error, want one")
	}
	if err := gone.Emit("after the end"); err != nil {
		t.Error(err)
	}
	if err := nodes[0].Of("/").Emit("end"); err != nil {
		t.Error(err)
	}
	nodes[0].client.want(`42["end"]`)
	nodes[1].client.want(`42["end"]`)
}
