package handlers_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestBody_without_progress_is_cut(t *testing.T) {
	h := open(t, nil)
	ann := h.visitor(t)
	room := ann.makeRoom("방", "")
	at, _ := url.Parse(h.URL)
	cookie := ann.Jar.Cookies(at)[0].String()
	const (
		form      = "Content-Type: application/x-www-form-urlencoded\r\n"
		multipart = "Content-Type: multipart/form-data; boundary=x\r\n"
		part      = "--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\n\r\nGIF89a\x01\x00\x01\x00\x00\x00\x00!\xfe"
	)
	tests := []struct {
		name, line, headers, begin string
		status                     int
	}{
		{"a form", "POST /room", form, "title=", http.StatusRequestTimeout},
		{"JSON", "POST " + room + "/chat", "Content-Type: application/json\r\n", `{"chat":"`, http.StatusRequestTimeout},
		{"an upload", "POST " + room + "/gif", multipart, part, http.StatusRequestTimeout},
		{"not a member's", "POST /room/0123456789abcdef01234567/gif", multipart, part, http.StatusNotFound},
		{"of another site", "POST /room", form + "Origin: http://evil.example\r\n", "title=", http.StatusForbidden},
		{"without a route", "POST /nope", form, "title=", http.StatusNotFound},
		{"of a GET", "GET /", "", "title=", http.StatusOK},
		{"of an unknown connection", "POST /socket.io/?EIO=4&transport=polling&sid=unknown", "", "4a", http.StatusBadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := dialPipe(t, h.Config.Handler)
				start := time.Now()
				var dripping sync.WaitGroup
				defer dripping.Wait()
				defer client.Close()
				dripping.Go(func() {
					_, _ = io.WriteString(client, tt.line+" HTTP/1.1\r\nHost: chat\r\nContent-Length: 60000\r\nCookie: "+
						cookie+"\r\n"+tt.headers+"\r\n"+tt.begin)
					for { // a byte a second, until the server closes the connection
						time.Sleep(time.Second)
						if _, err := io.WriteString(client, "a"); err != nil {
							return
						}
					}
				})
				resp, err := http.ReadResponse(bufio.NewReader(client), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if took := time.Since(start); took > 15*time.Second || resp.StatusCode != tt.status {
					t.Errorf("got %d after %v, want %d within 15 s", resp.StatusCode, took, tt.status)
				}
			})
		})
	}
}

func TestUpload_that_is_not_multipart_is_a_client_error(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	for name, body := range map[string]string{
		"no boundary":       strings.Repeat("garbage", 1000),
		"a header of 1 MB":  "--x\r\nX: " + strings.Repeat("y", 1<<20) + "\r\n\r\nGIF89a\r\n--x--\r\n",
		"a broken header":   "--x\r\nnocolon\r\n\r\nGIF89a\r\n--x--\r\n",
		"cut in the header": "--x\r\nContent-Dis",
		"cut in the file":   "--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\n\r\nGIF8",
	} {
		t.Run(name, func(t *testing.T) {
			got := v.send("POST", room+"/gif", strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=x")
			if got.StatusCode/100 != 4 {
				t.Errorf("got %d %s, want 4xx", got.StatusCode, got.body)
			}
		})
	}
}

// The result does not depend on how the bytes arrive. The parser of forms has an error of
// its own for a line without an end.
func TestUpload_with_a_long_preamble_is_too_large(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	const file = "--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\n\r\nGIF89a\r\n--x--\r\n"
	for name, before := range map[string]string{
		"in a line":     strings.Repeat("y", 100_000) + "\r\n",
		"in many lines": strings.Repeat("y\r\n", 50_000),
		"in a header":   "--x\r\nX: " + strings.Repeat("y", 100_000) + "\r\n\r\n",
		"in a field":    "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + strings.Repeat("y", 100_000) + "\r\n",
	} {
		for way, body := range map[string]io.Reader{
			"at once": strings.NewReader(before + file),
			"slowly":  iotest.HalfReader(io.MultiReader(strings.NewReader(before[:5000]), iotest.OneByteReader(strings.NewReader(before[5000:])), strings.NewReader(file))),
		} {
			t.Run(name+", "+way, func(t *testing.T) {
				got := v.send("POST", room+"/gif", body, "Content-Type", "multipart/form-data; boundary=x")
				if got.StatusCode != http.StatusRequestEntityTooLarge || got.Header.Get("X-Reason") != "too_large" {
					t.Errorf("got %d %s %s, want 413 too_large", got.StatusCode, got.Header.Get("X-Reason"), got.body)
				}
			})
		}
	}
}

// dialPipe serves one connection without a network, on the clock of a synctest bubble.
func dialPipe(t *testing.T, handler http.Handler) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	ln := &oneConn{conns: make(chan net.Conn, 1)}
	ln.conns <- server
	srv := &http.Server{Handler: handler}
	go func() { _ = srv.Serve(ln) }()
	t.Cleanup(func() { _ = srv.Close() })
	return client
}

// oneConn is a listener with one connection.
type oneConn struct{ conns chan net.Conn }

func (l *oneConn) Accept() (net.Conn, error) {
	if conn, ok := <-l.conns; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error {
	close(l.conns)
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// A body whose Content-Length is too large is refused before any of it has arrived.
func TestBody_with_a_large_length_is_refused_at_once(t *testing.T) {
	h := open(t, nil)
	b := h.visitor(t)
	sid := openSID(b.get("/socket.io/?EIO=4&transport=polling").body)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = fmt.Fprintf(conn, "POST /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n", sid)
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second)) // less than the window of a body
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d, want 413", resp.StatusCode)
	}
}
