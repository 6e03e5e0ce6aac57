package engineio_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// filtering is a Config with the same filters for every client.
func filtering(incoming, outgoing engineio.Filter) engineio.Config {
	return engineio.Config{ConnOptions: func(*http.Request, any) engineio.ConnOptions {
		return engineio.ConnOptions{Incoming: incoming, Outgoing: outgoing}
	}}
}

// editing drops messages with "drop" and changes those with "edit", in place. It panics
// for those with "panic".
func editing(message []byte, _ bool) ([]byte, bool) {
	if bytes.Contains(message, []byte("panic")) {
		panic("a filter that panics")
	}
	copy(message[max(0, bytes.Index(message, []byte("edit"))):], bytes.Replace(message, []byte("edit"), []byte("EDIT"), 1))
	return message, !bytes.Contains(message, []byte("drop"))
}

func TestFilter_changes_and_drops_messages_of_the_client(t *testing.T) {
	for _, revision := range []string{"3", "4"} {
		f := siotest.Serve(t, filtering(upper, nil), nil).As(revision)
		sid, p := f.Open()
		payload := map[string]string{"3": "5:4drop2:4a1:2", "4": "4drop\x1e4a"}[revision]
		f.Call("POST", "&sid="+sid, payload).Want(t, 200, "ok")
		p.WantMessage(t, "A")

		w, p := f.WebSocket()
		w.Send("4drop")
		w.Send("4b")
		p.WantMessage(t, "B")
		binary := map[string][]byte{"3": {4, 'x'}, "4": {'x'}}[revision]
		w.Write(ws.NewBinaryFrame(binary))
		p.WantBinary(t, "X")
		p.Send(t, "unfiltered")
		w.WantText("4unfiltered")
	}
}

// upper changes a message to upper case and drops the message "drop".
func upper(message []byte, _ bool) ([]byte, bool) {
	return bytes.ToUpper(message), string(message) != "drop"
}

func TestFilter_changes_and_drops_messages_to_the_client(t *testing.T) {
	f := siotest.Serve(t, filtering(nil, upper), nil)
	w, p := f.WebSocket()
	p.Send(t, "drop")
	p.Send(t, "text", []byte("first"), []byte("drop"), []byte("last"))
	p.Send(t, "drop", []byte("alone"))
	p.Send(t, "drop", []byte("drop"))
	if sent, err := p.Conn.SendVolatile(engineio.Prepare([]byte("drop"))); sent || err != nil {
		t.Errorf("SendVolatile of a dropped message: got %t, %v, want false and no error", sent, err)
	}
	if p.Conn.Queue(engineio.Prepare([]byte("drop"))) || p.Conn.QueueVolatile(engineio.Prepare([]byte("drop"))) {
		t.Error("Queue of a dropped message: got flush, want none")
	}
	if sent, err := p.Conn.SendVolatile(engineio.Prepare([]byte("volatile"))); !sent || err != nil {
		t.Errorf("SendVolatile: got %t, %v, want true and no error", sent, err)
	}
	for _, text := range []string{"queued", "queued volatile"} {
		queue := map[string]func(*engineio.Prepared) bool{"queued": p.Conn.Queue, "queued volatile": p.Conn.QueueVolatile}[text]
		if queue(engineio.Prepare([]byte(text))) {
			p.Conn.Flush()
		}
	}
	var got []string
	for range 7 {
		fr := w.Next()
		got = append(got, fmt.Sprintf("%d %s", fr.Header.OpCode, fr.Payload))
	}
	want := "1 4TEXT, 2 FIRST, 2 LAST, 2 ALONE, 1 4VOLATILE, 1 4QUEUED, 1 4QUEUED VOLATILE"
	if strings.Join(got, ", ") != want {
		t.Errorf("frames: got %s, want %s", strings.Join(got, ", "), want)
	}
	w.Send("4not filtered")
	p.WantMessage(t, "not filtered")
}

// Connections share the bytes of a broadcast, so a filter that changes its message in
// place must not change the message of another connection.
func TestFilter_changes_only_the_messages_of_its_connection(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{ConnOptions: func(r *http.Request, _ any) engineio.ConnOptions {
		if r.URL.Query().Get("lab") == "" {
			return engineio.ConnOptions{}
		}
		return engineio.ConnOptions{Outgoing: editing, Incoming: editing}
	}}, nil)
	plain, others := f.WebSocket()
	lab, _ := f.Dial("EIO=4&transport=websocket&lab=1")
	p := f.Peer()
	lab.Text() // the open packet
	for _, text := range []string{"edit this", "pass this"} {
		shared := engineio.Prepare([]byte(text))
		for _, c := range []*engineio.Conn{p.Conn, others.Conn} {
			if err := c.Send(shared); err != nil {
				t.Fatal(err)
			}
		}
	}
	lab.WantText("4EDIT this")
	lab.WantText("4pass this")
	plain.WantText("4edit this")
	plain.WantText("4pass this")
	lab.Send("4edit that")
	p.WantMessage(t, "EDIT that")
}

func TestFilter_sees_no_heartbeats(t *testing.T) {
	dropAll := func([]byte, bool) ([]byte, bool) { return nil, false }
	cfg := filtering(dropAll, dropAll)
	inBubble(t, cfg, func(b *bubble) {
		w := b.dial("")
		w.Text() // the open packet
		p := <-b.peers
		for range 3 {
			w.WantText("2")
			w.Send("3")
		}
		p.WantOpen(t)
	})
}

func TestFilter_that_panics_drops_the_message(t *testing.T) {
	var logs bytes.Buffer
	cfg := filtering(editing, editing)
	cfg.Log = slog.New(slog.NewTextHandler(&logs, nil))
	f := siotest.Serve(t, cfg, nil)
	w, p := f.WebSocket()
	w.Send("4panic")
	w.Send("4in")
	p.WantMessage(t, "in")
	p.Send(t, "panic")
	p.Send(t, "out")
	w.WantText("4out")
	if got := strings.Count(logs.String(), "panic in a filter"); got != 2 {
		t.Errorf("log lines about the panics: got %d, want 2: %s", got, &logs)
	}
}
