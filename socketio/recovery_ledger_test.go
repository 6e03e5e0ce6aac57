package socketio_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gifchat/socketio"
)

// Clients lose their connection again and again while other goroutines emit.
// Each client receives every event of its session once, and all clients receive
// them in the same order.
func TestRecovery_brings_each_event_once_in_one_order(t *testing.T) {
	const (
		clients = 8
		cuts    = 15
		senders = 3
	)
	f := recovering(t, socketio.Recovery{})
	n := f.Of("/chat")
	n.Use(func(s *socketio.Socket) error { s.Join("room"); return nil })

	stop := make(chan struct{})
	var emitting sync.WaitGroup
	for sender := range senders {
		emitting.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				switch i % 4 {
				case 0:
					_ = n.To("room").Volatile().Emit("volatile", "not an offset")
				case 1:
					_ = n.Emit("e", sender, i)
				default:
					_ = n.To("room").Emit("e", sender, i)
				}
				time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond) // the pace of the load
			}
		})
	}
	received := make([][]string, clients)
	var receiving sync.WaitGroup
	for i := range clients {
		receiving.Go(func() { received[i] = receiveWithCuts(f, cuts) })
	}
	receiving.Wait()
	close(stop)
	emitting.Wait()

	// All lists are parts of one sequence.
	index := map[string]int{}
	longest := slices.MaxFunc(received, func(a, b []string) int { return len(a) - len(b) })
	for i, event := range longest {
		if _, twice := index[event]; twice {
			t.Fatalf("event %s: got it twice, want it once", event)
		}
		index[event] = i
	}
	for i, list := range received {
		if len(list) < cuts {
			t.Errorf("client %d: got %d events, want at least %d", i, len(list), cuts)
		}
		last := -1
		for _, event := range list {
			at, known := index[event]
			switch {
			case !known:
				continue // before or after the longest list
			case last >= 0 && at != last+1:
				t.Fatalf("client %d, event %s: got number %d after %d, want %d", i, event, at, last, last+1)
			}
			last = at
		}
	}
}

// receiveWithCuts returns the events of one session with that many lost
// connections.
func receiveWithCuts(f *fixture, cuts int) (received []string) {
	r := &stockClient{}
	note := func(packet string) {
		if strings.HasPrefix(packet, `42/chat,["e"`) {
			received = append(received, packet)
		}
	}
	f.connectTo(r)
	for range cuts {
		for range rand.IntN(40) {
			note(r.next())
		}
		r.close() // at any point, even within a packet; the server may notice later
		for _, packet := range f.resume(r) {
			note(packet)
		}
	}
	return received
}

// A socket joins and leaves rooms at random, while it is connected and while its
// client is offline. It gets exactly the events that a model predicts.
func TestRecovery_agrees_with_a_model(t *testing.T) {
	rooms := []string{"a", "b", "c"}
	for range 20 {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		f := recovering(t, socketio.Recovery{})
		n := f.Of("/chat")
		r := &stockClient{}
		f.connectTo(r)
		s, _ := n.Socket(r.sid)
		var want, got []string
		in := map[string]bool{}
		connected := true
		for i := range 200 {
			room, other := rooms[random.IntN(3)], rooms[random.IntN(3)]
			emitted := func(expected bool, err error) {
				if err != nil {
					t.Fatal(err)
				}
				if expected {
					want = append(want, fmt.Sprintf(`42/chat,["e",%d]`, i))
				}
			}
			switch action := random.IntN(10); {
			case action < 2 && connected:
				s.Join(room)
				in[room] = true
			case action < 4:
				n.Leave(room) // also while the client is offline
				in[room] = false
			case action < 5:
				emitted(true, n.Emit("e", i))
			case action < 7:
				emitted(in[room], n.To(room).Emit("e", i))
			case action < 8:
				emitted(in[room] && !in[other], n.To(room).Except(other).Emit("e", i))
			case action < 9:
				emitted(in[room] || in[other], n.To(room, other).Emit("e", i))
			case connected:
				for range random.IntN(len(want) - len(got) + 1) { // the rest is lost with the connection
					got = append(got, r.next())
				}
				f.lose(r)
				connected = false
			default:
				got = append(got, f.resume(r)...)
				s, _ = n.Socket(r.sid)
				connected = true
			}
		}
		if !connected {
			got = append(got, f.resume(r)...)
		}
		for len(got) < len(want) {
			got = append(got, r.next())
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
		r.wantAlive()
	}
}
