// Package siotest is the test harness of the packages below socketio: a server on a
// free port, a polling client, a WebSocket client, and waiting with a timeout.
//
// Its functions end the test with t.Fatal when something that every test requires
// fails, and report wrong results with t.Errorf.
package siotest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Patience is the timeout for every event that a test waits for.
const Patience = 30 * time.Second

// Receive returns the next value of c. It ends the test after Patience.
func Receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(Patience):
		t.Fatalf("receive: got nothing in %v, want a %T", Patience, *new(T))
		panic("unreachable")
	}
}

// Eventually polls a condition that no channel reports. It ends the test after
// Patience.
func Eventually(t testing.TB, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("condition: got false for %v, want true", Patience)
		}
	}
}

// Closer is a server that waits for its goroutines.
type Closer interface {
	Close(context.Context) error
}

// Close closes s and reports an error if that takes longer than Patience.
func Close(t testing.TB, s Closer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("close the server: %v", err)
	}
}

// Listen serves h on a free port until the end of the test, and then closes s.
func Listen(t testing.TB, h http.Handler, s Closer) *httptest.Server {
	t.Helper()
	return listen(t, h, s, (*httptest.Server).Start)
}

func listen(t testing.TB, h http.Handler, s Closer, start func(*httptest.Server)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	start(server)
	t.Cleanup(func() {
		Close(t, s)
		server.CloseClientConnections()
		server.Close()
	})
	return server
}
