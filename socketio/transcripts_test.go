package socketio_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio"
	"gifchat/socketio/internal/siotest"
)

// TestTranscripts plays recorded conversations over one WebSocket. Each line is
// one message:
//
//	C: text      the client sends a text message
//	C! 00ff      the client sends a binary message
//	S: text      the server sends a text message; * matches any text
//	S! 00ff      the server sends a binary message
//	S#           the server closes
//
// The server is that of serveTranscripts.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("transcripts: got %d, %v, want some", len(files), err)
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
				if c == nil { // the open packet, which dial has received
					c = serveTranscripts(t).dial()
					continue
				}
				playLine(t, c, line)
			}
		})
	}
}

func serveTranscripts(t *testing.T) *fixture {
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
		return &socketio.Error{Message: "not you", Data: map[string]int{"code": 7}}
	})
	return f
}

func playLine(t *testing.T, c *client, line string) {
	t.Helper()
	side, text, _ := strings.Cut(line, " ")
	binary, err := hex.DecodeString(text)
	switch side {
	case "C:":
		c.send(text)
	case "C!":
		c.write(ws.NewBinaryFrame(binary))
	case "S:":
		if got := c.receive(); !siotest.MatchesPattern(got, text) {
			t.Errorf("got %q, want %q", got, text)
		}
	case "S!":
		if got := c.receive(); got != "binary "+string(binary) {
			t.Errorf("got %q, want binary %s", got, text)
		}
	case "S#":
		c.wantEnd()
	default:
		t.Fatalf("line %q: unknown side", line)
	}
	if strings.HasSuffix(side, "!") && err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}
