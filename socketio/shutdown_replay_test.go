package socketio_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio"
)

// A client that is still being sent missed events receives the acknowledgement of a
// running handler.
func TestServerClose_delivers_answers_to_a_client_that_is_behind(t *testing.T) {
	for name, polls := range map[string]int{"slow": 1, "fast": 40} {
		t.Run(name, func(t *testing.T) {
			cfg := socketio.Config{Recovery: func(string) socketio.Recovery { return socketio.Recovery{MaxAbsence: time.Hour} }}
			inBubble(t, cfg, func(b *bubble) {
				n := b.server.Of("/")
				release := make(chan struct{})
				n.On("slow", func(e *socketio.Event) { <-release; _ = e.Ack("done") })
				b.request("POST", "40")
				_, after, _ := strings.Cut(b.request("GET", ""), `"pid":"`)
				pid, _, _ := strings.Cut(after, `"`)
				n.Sockets()[0].CloseConn()
				synctest.Wait()
				for range 40 {
					_ = n.Emit("missed", strings.Repeat("x", 32<<10))
				}
				b.open()
				b.request("POST", fmt.Sprintf(`40{"pid":%q,"offset":""}`, pid))
				synctest.Wait()
				if got := n.Replays(); got != 1 {
					t.Fatalf("replays: got %d, want 1", got)
				}
				b.request("POST", `427["slow"]`)
				go func() {
					time.Sleep(time.Second)
					close(release)
				}()
				closed := make(chan error, 1)
				go func() { closed <- b.server.Close(context.Background()) }()
				time.Sleep(1100 * time.Millisecond)
				var got strings.Builder
				for range polls {
					got.WriteString(b.request("GET", ""))
				}
				time.Sleep(150 * time.Millisecond) // the rest of the missed events is dropped
				for range 3 {
					got.WriteString(b.request("GET", ""))
				}
				if !strings.Contains(got.String(), `437["done"]`) {
					t.Error("packets: got no acknowledgement, want one")
				}
				if missed := strings.Count(got.String(), "missed"); polls > 1 && missed != 40 {
					t.Errorf("missed events: got %d, want all 40", missed)
				}
				if err := <-closed; err != nil {
					t.Errorf("Close: got %v, want no error", err)
				}
			})
		})
	}
}
