package sockettest

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipe_behaves_like_a_socket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := newPipe("192.0.2.1:1")
		var b [8]byte
		want := func(what string, n int, err error, wantN int, wantErr error) {
			t.Helper()
			if n != wantN || !errors.Is(err, wantErr) {
				t.Errorf("%s: got %d, %v, want %d, %v", what, n, err, wantN, wantErr)
			}
		}
		full := make([]byte, socketBuffer+1)
		n, err := server.TryWrite(full)
		want("TryWrite of more than the buffer", n, err, socketBuffer, nil)
		_ = server.SetWriteDeadline(time.Now().Add(time.Second))
		n, err = server.Write(full)
		want("Write to a full buffer", n, err, 0, os.ErrDeadlineExceeded)
		n, err = client.Write(make([]byte, 10*socketBuffer))
		want("Write of the client", n, err, 10*socketBuffer, nil)

		_ = server.SetDeadline(time.Time{})
		written := make(chan int)
		go func() {
			n, _ := server.Write([]byte("abc"))
			written <- n
		}()
		n, err = client.Read(b[:])
		want("Read", n, err, len(b), nil)
		want("Write that has waited", <-written, nil, 3, nil)

		begin := time.Now()
		other, _ := newPipe("192.0.2.1:2")
		_ = other.SetReadDeadline(begin.Add(time.Minute))
		n, err = other.Read(b[:])
		want("Read until a deadline", n, err, 0, os.ErrDeadlineExceeded)
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("Read until a deadline: got %v, want 1 minute", took)
		}

		_, _ = client.Write([]byte("last"))
		_ = client.Close()
		_ = client.Close()
		if rest, err := io.ReadAll(server); len(rest) != 10*socketBuffer+4 || err != nil {
			t.Errorf("Read after Close of the peer: got %d bytes, %v, want %d", len(rest), err, 10*socketBuffer+4)
		}
		n, err = server.Write(b[:])
		want("Write after Close of the peer", n, err, 0, io.ErrClosedPipe)
		n, err = client.Read(b[:])
		want("Read after Close", n, err, 0, net.ErrClosed)
		n, err = client.Write(b[:])
		want("Write after Close", n, err, 0, net.ErrClosed)
	})
}

func TestPacket_refuses_malformed_text(t *testing.T) {
	for _, text := range []string{"", "5[]", "299999999999999999999[]"} {
		if p, err := parsePacket(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, p)
		}
	}
	for _, text := range []string{"2", "2[]", "2[{}]", "2{"} {
		p, err := parsePacket(text)
		if err != nil {
			t.Fatal(err)
		}
		if name, _, err := p.event(); err == nil {
			t.Errorf("%q: got the event %q, want an error", text, name)
		}
	}
}
