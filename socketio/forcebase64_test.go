package socketio_test

import (
	"testing"

	"gifchat/socketio"
)

// A client with forceBase64 sends the binary parts of an acknowledgement in
// base64.
func TestForceBase64_acknowledgement_with_binary(t *testing.T) {
	for revision, mark := range map[int]string{3: "b4", 4: "b"} {
		f := serve(t, socketio.Config{})
		answers := make(chan []byte, 1)
		f.Of("/").OnConnect(func(s *socketio.Socket) {
			args, err := s.EmitWithAck(t.Context(), "ask", []byte{9})
			if err != nil {
				t.Errorf("revision %d: %v", revision, err)
			}
			var data []byte
			if err := args.Bind(&data); err != nil {
				t.Errorf("revision %d: %v", revision, err)
			}
			answers <- data
		})
		c := f.dialAs(revision)
		if revision == 4 {
			c.send("40")
		}
		c.receive() // the answer to CONNECT
		c.receive() // the event
		c.send(`461-1[{"_placeholder":true,"num":0}]`)
		c.send(mark + "AQID")
		if got := receive(t, answers); string(got) != "\x01\x02\x03" {
			t.Errorf("revision %d: got %q, want 3 bytes", revision, got)
		}
	}
}
