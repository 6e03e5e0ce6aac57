package engineio_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// heldWriter delays a response until release is closed.
type heldWriter struct {
	*httptest.ResponseRecorder

	release chan struct{}
}

func (w heldWriter) Write(b []byte) (int, error) {
	<-w.release
	return w.ResponseRecorder.Write(b)
}

// A program may call http.Server.Close next, which would cut the response.
func TestServerClose_waits_for_a_poll_response_that_is_being_written(t *testing.T) {
	for name, delay := range map[string]time.Duration{"written in time": 199 * time.Millisecond, "too slow": time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var conn *engineio.Conn
				s := engineio.NewServer(engineio.Config{Accept: func(c *engineio.Conn) engineio.Receiver {
					conn = c
					return siotest.NewPeer(c, nil)
				}})
				open := httptest.NewRecorder()
				s.ServeHTTP(open, httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
				url := "/?EIO=4&transport=polling&sid=" + siotest.ParseOpen(t, open.Body.String()).SID
				w := heldWriter{httptest.NewRecorder(), make(chan struct{})}
				go s.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
				synctest.Wait()
				if err := conn.Send(engineio.Prepare([]byte("last"))); err != nil {
					t.Fatal(err)
				}
				begin, closed := time.Now(), make(chan time.Duration, 1)
				go func() {
					if err := s.Close(context.Background()); err != nil {
						t.Errorf("Close: got %v, want no error", err)
					}
					closed <- time.Since(begin)
				}()
				time.Sleep(delay)
				close(w.release)
				synctest.Wait()
				if got := w.Body.String(); got != "4last" {
					t.Errorf("response: got %q, want %q", got, "4last")
				}
				next := httptest.NewRecorder()
				s.ServeHTTP(next, httptest.NewRequest("GET", url, nil))
				inTime := delay < 200*time.Millisecond
				if got := next.Body.String(); (got == "1") != inTime {
					t.Errorf("next poll: got %q, want a close packet: %t", got, inTime)
				}
				if got, want := <-closed, min(delay, 200*time.Millisecond); got != want {
					t.Errorf("Close: took %v, want %v", got, want)
				}
			})
		})
	}
}

func TestHTTPShutdown_ends_every_connection_without_OnShutdown(t *testing.T) {
	f := siotest.Serve(t, engineio.Config{}, nil)
	sid, polling := f.Open()
	waiting := waitingPoll(t, f, sid, polling)
	_, direct := f.WebSocket()
	ctx, cancel := context.WithTimeout(t.Context(), siotest.Patience)
	defer cancel()
	if err := f.HTTP.Config.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: got %v, want no error", err)
	}
	siotest.Receive(t, waiting).Want(t, http.StatusOK, "1")
	for _, p := range []*siotest.Peer{polling, direct} {
		p.WantClosed(t, engineio.ReasonShutdown)
	}
}
