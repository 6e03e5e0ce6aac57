package socketio_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio"
)

// A transcript is a conversation over one WebSocket, line by line:
//
//	C: text      the client sends a text message
//	C! 00ff      the client sends a binary message
//	S: text      the server sends a text message; * stands for anything
//	S! 00ff      the server sends a binary message
//	S#           the server closes
//
// The server is that of newPlay.
func TestSessions(t *testing.T) {
	files, err := filepath.Glob("testdata/sessions/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c *client
			for line := range strings.Lines(string(script)) {
				line = strings.TrimSuffix(line, "\n")
				if line == "" || line[0] == '#' {
					continue
				}
				if c == nil { // the open packet: dial has heard it
					c = newPlay(t).dial()
					continue
				}
				play(t, c, line)
			}
		})
	}
}

func newPlay(t *testing.T) *fixture {
	f := serve(t, socketio.Config{})
	for _, n := range []*socketio.Namespace{f.Of("/"), f.Of("/chat")} {
		n.On("echo", func(e *socketio.Event) { _ = e.Socket.Emit("echo", e.Args.Any()...) })
		n.On("ack", func(e *socketio.Event) { _ = e.Ack(e.Args.Any()...) })
		n.On("kick me", func(e *socketio.Event) { e.Socket.Disconnect() })
		n.On("ask me", func(e *socketio.Event) {
			answer, err := e.Socket.EmitWithAck(ctx(t), "question", 42)
			if err != nil {
				t.Error(err)
			}
			_ = e.Ack(answer.Any()...)
		})
	}
	f.Of("/private").Use(func(*socketio.Socket) error {
		return &socketio.ConnectError{Message: "not you", Data: map[string]int{"code": 7}}
	})
	return f
}

func play(t *testing.T, c *client, line string) {
	t.Helper()
	who, what, _ := strings.Cut(line, " ")
	binary, err := hex.DecodeString(what)
	switch who {
	case "C:":
		c.say(what)
	case "C!":
		c.write(ws.NewBinaryFrame(binary))
	case "S:":
		if got := c.hear(); !matches(got, what) {
			t.Errorf("got %q, want %q", got, what)
		}
	case "S!":
		if got := c.hear(); got != "binary "+string(binary) {
			t.Errorf("got %q, want binary %s", got, what)
		}
	case "S#":
		c.wantEnd()
	default:
		err = errors.New("what is this")
	}
	if strings.HasSuffix(who, "!") && err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}

// matches compares with a pattern in which * stands for anything.
func matches(s, pattern string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return s == pattern
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
