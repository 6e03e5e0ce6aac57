package handlers_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

const (
	gifPart = "--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\n\r\n"
	gifEnd  = "\r\n--x--\r\n"
)

// uploading is an upload over a connection of its own, by hand.
type uploading struct {
	net.Conn

	rest string // of the body
}

// beginUpload sends the first half of an upload, with one more header. The whole is not a
// valid GIF, since the store is outside the synctest bubble.
func beginUpload(t *testing.T, h *testServer, room, cookie, header string) *uploading {
	t.Helper()
	body := gifPart + smallGIF[:len(smallGIF)-20] + gifEnd
	half := len(gifPart) + 20
	u := &uploading{Conn: dialPipe(t, h.Config.Handler), rest: body[half:]}
	t.Cleanup(func() { _ = u.Close() })
	_, err := fmt.Fprintf(u, "POST %s/gif HTTP/1.1\r\nHost: chat\r\nContent-Length: %d\r\nCookie: %s\r\n%s\r\n"+
		"Content-Type: multipart/form-data; boundary=x\r\n\r\n%s", room, len(body), cookie, header, body[:half])
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// answer reads the answer to the upload.
func (u *uploading) answer(t *testing.T) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(u), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp
}

func wantBusy(t *testing.T, resp *http.Response) {
	t.Helper()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("X-Reason") != "unavailable" || resp.Header.Get("Retry-After") == "" {
		t.Errorf("got %d %v, want 503, the reason unavailable and Retry-After", resp.StatusCode, resp.Header)
	}
}

func TestDrain_lets_uploads_finish_and_cuts_those_that_do_not(t *testing.T) {
	h := open(t, nil)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	at, _ := url.Parse(h.URL)
	cookie := v.Jar.Cookies(at)[0].String()
	synctest.Test(t, func(t *testing.T) {
		quick, slow := beginUpload(t, h, room, cookie, "X-Test: 1"), beginUpload(t, h, room, cookie, "X-Test: 1")
		disguised := beginUpload(t, h, room, cookie, "Upgrade: websocket")
		synctest.Wait()
		begun := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		drained := make(chan struct{})
		go func() {
			h.handler.Drain(ctx)
			close(drained)
		}()
		synctest.Wait()

		refused := beginUpload(t, h, room, cookie, "X-Test: 1")
		_, _ = io.WriteString(refused, refused.rest)
		wantBusy(t, refused.answer(t))
		page := dialPipe(t, h.Config.Handler)
		defer page.Close()
		_, _ = io.WriteString(page, "GET / HTTP/1.1\r\nHost: chat\r\n\r\n")
		if resp, err := http.ReadResponse(bufio.NewReader(page), nil); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("a page during the drain: got %v, %v, want 200", resp, err)
		} else {
			_ = resp.Body.Close()
		}
		time.Sleep(time.Second)
		_, _ = io.WriteString(quick, quick.rest)
		if resp := quick.answer(t); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("an upload that ends during the drain: got %d, want 400 for a broken GIF", resp.StatusCode)
		}
		wantBusy(t, slow.answer(t))
		wantBusy(t, disguised.answer(t))
		<-drained
		if took := time.Since(begun); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("Drain took %v, want 2 s", took)
		}
	})
}
