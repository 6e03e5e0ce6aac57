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

// Clients are cut off again and again while others emit. Whoever comes back to
// a socket has got every event of its life once, and in the same order as
// everybody else.
func TestRecoveryLosesAndDoublesNothing(t *testing.T) {
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
					_ = n.To("room").Volatile().Emit("volatile", "no offset of ours")
				case 1:
					_ = n.Emit("e", sender, i)
				default:
					_ = n.To("room").Emit("e", sender, i)
				}
				time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond) // the pace of the load, nothing waits for it
			}
		})
	}
	heard := make([][]string, clients)
	var listening sync.WaitGroup
	for i := range clients {
		listening.Go(func() { heard[i] = hearOut(f, cuts) })
	}
	listening.Wait()
	close(stop)
	emitting.Wait()

	// All lists are parts of one order.
	place := map[string]int{}
	longest := slices.MaxFunc(heard, func(a, b []string) int { return len(a) - len(b) })
	for i, event := range longest {
		if _, twice := place[event]; twice {
			t.Fatalf("%s came twice", event)
		}
		place[event] = i
	}
	for i, list := range heard {
		if len(list) < cuts {
			t.Errorf("client %d heard only %d events", i, len(list))
		}
		last := -1
		for _, event := range list {
			at, known := place[event]
			switch {
			case !known:
				continue // before or after the longest
			case last >= 0 && at != last+1:
				t.Fatalf("client %d: %s is number %d, after number %d", i, event, at, last)
			}
			last = at
		}
	}
}

// hearOut listens to one socket's life, through cuts, and returns its events.
func hearOut(f *fixture, cuts int) (heard []string) {
	r := &returning{}
	note := func(packet string) {
		if strings.HasPrefix(packet, `42/chat,["e"`) {
			heard = append(heard, packet)
		}
	}
	f.come(r)
	for range cuts {
		for range rand.IntN(40) {
			note(r.next())
		}
		r.close() // perhaps in the middle of a packet, and before the server notices
		for _, packet := range f.back(r) {
			note(packet)
		}
	}
	return heard
}

// A socket joins and leaves rooms while it is there and is cut off now and
// then; a model says which events are its own. It gets those and no others.
func TestRecoveryAgainstAModel(t *testing.T) {
	rooms := []string{"a", "b", "c"}
	for range 20 {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		f := recovering(t, socketio.Recovery{})
		n := f.Of("/chat")
		r := &returning{}
		f.come(r)
		s, _ := n.Socket(r.sid)
		var want, got []string
		in := map[string]bool{}
		there := true
		for i := range 200 {
			room, other := rooms[random.IntN(3)], rooms[random.IntN(3)]
			emitted := func(mine bool, err error) {
				if err != nil {
					t.Fatal(err)
				}
				if mine {
					want = append(want, fmt.Sprintf(`42/chat,["e",%d]`, i))
				}
			}
			switch action := random.IntN(10); {
			case action < 2 && there:
				s.Join(room)
				in[room] = true
			case action < 4:
				n.Leave(room) // also while it is gone
				in[room] = false
			case action < 5:
				emitted(true, n.Emit("e", i))
			case action < 7:
				emitted(in[room], n.To(room).Emit("e", i))
			case action < 8:
				emitted(in[room] && !in[other], n.To(room).Except(other).Emit("e", i))
			case action < 9:
				emitted(in[room] || in[other], n.To(room, other).Emit("e", i))
			case there:
				for range random.IntN(len(want) - len(got) + 1) { // the rest is lost with the connection
					got = append(got, r.next())
				}
				f.lose(r)
				there = false
			default:
				got = append(got, f.back(r)...)
				s, _ = n.Socket(r.sid)
				there = true
			}
		}
		if !there {
			got = append(got, f.back(r)...)
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
