package engineio_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// A transcript is the packets of one WebSocket, line by line:
//
//	C: text      the client sends a text message
//	C! 00ff      the client sends a binary message
//	S: text      the server sends a text message; * matches any text
//	S! 00ff      the server sends a binary message
//	S# 1000      the server closes with this code
//
// The server echoes messages.
func TestWebSocket_follows_transcripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/transcripts/*.txt: got no files, %v, want some", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f := siotest.Serve(t, engineio.Config{}, echo)
			w, _ := f.Dial("EIO=4&transport=websocket")
			for line := range strings.Lines(string(script)) {
				playLine(t, w, strings.TrimSuffix(line, "\n"))
			}
		})
	}
}

func echo(p *siotest.Peer, data []byte, binary bool) {
	if binary {
		_ = p.Conn.Send(engineio.PrepareBinary(data))
	} else {
		_ = p.Conn.Send(engineio.Prepare(data))
	}
}

func playLine(t *testing.T, w *siotest.WebSocket, line string) {
	t.Helper()
	if line == "" || line[0] == '#' {
		return
	}
	op, text, ok := strings.Cut(line, " ")
	if !ok {
		op, text = line, ""
	}
	switch op {
	case "C:":
		w.Send(text)
	case "C!":
		w.Write(ws.NewBinaryFrame(decodeHex(t, text)))
	case "S:":
		if got := w.Text(); !siotest.MatchesPattern(got, text) {
			t.Errorf("text message: got %q, want %q", got, text)
		}
	case "S!":
		if fr := w.Next(); fr.Header.OpCode != ws.OpBinary || string(fr.Payload) != string(decodeHex(t, text)) {
			t.Errorf("frame: got %v %x, want binary %s", fr.Header, fr.Payload, text)
		}
	case "S#":
		code, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		w.WantClose(ws.StatusCode(code))
	default:
		t.Fatalf("transcript: got %q, want C:, C!, S:, S! or S#", line)
	}
}

func decodeHex(t *testing.T, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
