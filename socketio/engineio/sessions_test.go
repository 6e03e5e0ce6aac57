package engineio_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
)

// A transcript is a conversation over one WebSocket, line by line:
//
//	C: text      the client sends a text message
//	C! 00ff      the client sends a binary message
//	S: text      the server sends a text message; * stands for anything
//	S! 00ff      the server sends a binary message
//	S# 1000      the server closes with this code
//
// The server echoes messages.
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
			f := serve(t, engineio.Config{}, echo)
			w, _ := f.dial("EIO=4&transport=websocket")
			for line := range strings.Lines(string(script)) {
				play(t, w, strings.TrimSuffix(line, "\n"))
			}
		})
	}
}

func echo(p *peer, data []byte, binary bool) {
	if binary {
		_ = p.conn.Send(engineio.PrepareBinary(data))
	} else {
		_ = p.conn.Send(engineio.Prepare(data))
	}
}

func play(t *testing.T, w *wire, line string) {
	t.Helper()
	if line == "" || line[0] == '#' {
		return
	}
	who, what, ok := strings.Cut(line, " ")
	if !ok {
		who, what = line, ""
	}
	switch who {
	case "C:":
		w.say(what)
	case "C!":
		w.write(ws.NewBinaryFrame(unhex(t, what)))
	case "S:":
		if got := w.text(); !matches(got, what) {
			t.Errorf("got %q, want %q", got, what)
		}
	case "S!":
		if fr := w.next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != string(unhex(t, what)) {
			t.Errorf("got %v %x, want %s", fr.Header, fr.Payload, what)
		}
	case "S#":
		w.wantClose(map[string]ws.StatusCode{"1000": 1000, "1007": 1007}[what])
	default:
		t.Fatalf("what is %q?", line)
	}
}

func unhex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
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
