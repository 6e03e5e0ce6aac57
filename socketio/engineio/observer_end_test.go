package engineio_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// ConnClosed follows ConnOpened also if the connection ends during ConnOpened.
func TestObserver_sees_the_end_after_the_beginning(t *testing.T) {
	w := newWatcher()
	w.onOpen = func(c *engineio.Conn) {
		c.Close()
		w.seen <- "ConnOpened returns"
	}
	f := siotest.Serve(t, engineio.Config{Observer: w.observer()}, nil)
	f.Open()
	w.want(t, "opened 1 polling 4", "ConnOpened returns", "closed 1 polling forced close")
}

func TestObserver_sees_the_end_of_each_connection_before_Close_returns(t *testing.T) {
	w := newWatcher()
	s := engineio.NewServer(engineio.Config{Observer: w.observer(), Accept: func(c *engineio.Conn) engineio.Receiver { return siotest.NewPeer(c, nil) }})
	for range 100 {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(w.seen); got != 200 {
		t.Errorf("observations: got %d, want 100 beginnings and 100 ends", got)
	}
	if got := s.Stats().Closed[engineio.ReasonShutdown]; got != 100 {
		t.Errorf("Closed: got %d, want 100", got)
	}
}

// pairReceiver reports the calls of a Receiver.
type pairReceiver struct{ calls chan string }

func (r pairReceiver) Opened()                { r.calls <- "Opened" }
func (r pairReceiver) Message([]byte, bool)   {}
func (r pairReceiver) Closed(engineio.Reason) { r.calls <- "Closed" }

func TestObserver_delays_Close_if_a_connection_ends_during_ConnOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, release := make(chan string, 10), make(chan struct{})
		s := engineio.NewServer(engineio.Config{
			Accept: func(*engineio.Conn) engineio.Receiver { return pairReceiver{calls} },
			Observer: engineio.Observer{
				ConnOpened: func(c *engineio.Conn) {
					c.Close()
					<-release
				},
				ConnClosed: func(*engineio.Conn, engineio.Reason) { calls <- "ConnClosed" },
			},
		})
		go s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?EIO=4&transport=polling", nil))
		synctest.Wait()
		go func() {
			if err := s.Close(context.Background()); err != nil {
				t.Errorf("Close: got %v, want no error", err)
			}
			calls <- "Close returns"
		}()
		time.Sleep(time.Second) // in a bubble this takes no real time
		close(release)
		synctest.Wait()
		close(calls)
		var got []string
		for call := range calls {
			got = append(got, call)
		}
		if want := []string{"Closed", "ConnClosed", "Close returns"}; !slices.Equal(got, want) {
			t.Errorf("calls: got %q, want %q", got, want)
		}
	})
}

func TestObserver_that_panics_has_no_other_effect(t *testing.T) {
	var logs bytes.Buffer
	f := siotest.Serve(t, engineio.Config{
		Log:    slog.New(slog.NewTextHandler(&logs, nil)),
		Limits: engineio.Limits{MaxQueueBytes: 1000},
		Observer: engineio.Observer{
			ConnOpened: func(*engineio.Conn) { panic("in ConnOpened") },
			ConnClosed: func(*engineio.Conn, engineio.Reason) { panic("in ConnClosed") },
			SlowClient: func(*engineio.Conn, engineio.SlowClient) { panic("in SlowClient") },
			Refused:    func(*http.Request, engineio.Refusal) { panic("in Refused") },
		},
	}, nil)
	_, p := f.Open()
	fillQueue(p)
	p.WantClosed(t, engineio.ReasonTooSlow)
	f.Call("GET", "&sid=unknown", "").Want(t, 400, `{"code":1,"message":"Session ID unknown"}`)
	f.Close()
	for _, function := range []string{"ConnOpened", "ConnClosed", "SlowClient", "Refused"} {
		if got := strings.Count(logs.String(), `msg="panic in an observer" panic="in `+function); got != 1 {
			t.Errorf("log lines about %s: got %d, want 1: %s", function, got, &logs)
		}
	}
}
