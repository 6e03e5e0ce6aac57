package engineio_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
)

// Both sides talk while the client changes transports, as stock clients do it.
// Every other client is cut in the middle of its first try, goes on polling and
// tries again.
func TestUpgradesLoseDuplicateAndReorderNothing(t *testing.T) {
	upgrades := sized(300, 10_000)
	f := serve(t, engineio.Config{}, nil)
	var wg sync.WaitGroup
	gate := make(chan struct{}, 10)
	for n := range upgrades {
		gate <- struct{}{}
		u := &upgrading{
			fixture: f, t: t, revision: "34"[n%2:][:1], cut: n%4 < 2,
			random: rand.New(rand.NewPCG(1, uint64(n))),
		}
		u.open()
		wg.Go(func() {
			defer func() { <-gate }()
			u.talk()
		})
	}
	wg.Wait()
}

// inFlight is how much each side says during an upgrade.
var inFlight = sized(20, 50)

// upgrading is one client that upgrades.
type upgrading struct {
	*fixture
	t        *testing.T
	revision string
	cut      bool // its first try is
	random   *rand.Rand

	sid  string
	peer *peer
	got  []string // packets of the server, owned by who polls
}

func (u *upgrading) open() {
	a, err := u.try(u.t.Context(), "GET", "EIO="+u.revision+"&transport=polling", nil)
	if err != nil || a.status != 200 {
		u.t.Fatalf("handshake: %d %v", a.status, err)
	}
	u.sid = "&sid=" + parseOpen(u.t, a.body[strings.Index(a.body, "0{"):]).SID
	u.peer = u.fixture.peer()
}

func (u *upgrading) talk() {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { // the server talks
		for i := range inFlight {
			u.peer.send(u.t, strconv.Itoa(i))
		}
	})

	// The client polls in the background until it has paused for the upgrade.
	paused, polled := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		defer close(polled)
		u.pollUntil(paused)
	})
	at := u.random.IntN(inFlight) // where in its talk the client upgrades
	for i := range at {
		if u.cut && i == at/2 {
			u.cutProbe()
		}
		u.post(i)
	}
	w := u.probeAgain()
	if w == nil {
		return
	}
	close(paused)
	<-polled
	w.say("5")
	for i := at; i < inFlight; i++ {
		w.say(fmt.Sprintf("4%d", i))
	}
	for len(u.got) < inFlight {
		fr, err := w.frame()
		if err != nil {
			u.t.Errorf("after %d messages: %v", len(u.got), err)
			return
		}
		u.got = append(u.got, string(fr.Payload))
	}
	u.check()
	w.close()
}

func (u *upgrading) pollUntil(paused <-chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		a, err := u.try(ctx, "GET", "EIO="+u.revision+"&transport=polling"+u.sid, nil)
		if err != nil || a.status != 200 {
			u.t.Errorf("poll: %d %s %v", a.status, a.body, err)
			return
		}
		u.got = append(u.got, u.packets(a.body)...)
		select {
		case <-paused:
			return // this was the last poll
		default:
		}
	}
}

// packets takes a payload apart, and leaves the noops out.
func (u *upgrading) packets(body string) []string {
	packets := strings.Split(body, "\x1e")
	if u.revision == "3" {
		packets = nil
		for body != "" {
			length, rest, _ := strings.Cut(body, ":")
			n, err := strconv.Atoi(length)
			if err != nil || n > len(rest) {
				u.t.Errorf("malformed payload %q", body)
				return nil
			}
			packets, body = append(packets, rest[:n]), rest[n:]
		}
	}
	return slices.DeleteFunc(packets, func(p string) bool { return p == "6" })
}

func (u *upgrading) post(i int) {
	body := fmt.Sprintf("4%d", i)
	if u.revision == "3" {
		body = fmt.Sprintf("%d:%s", len(body), body)
	}
	a, err := u.try(u.t.Context(), "POST", "EIO="+u.revision+"&transport=polling"+u.sid, strings.NewReader(body))
	if err != nil || a.body != "ok" {
		u.t.Errorf("post: %d %s %v", a.status, a.body, err)
	}
}

// cutProbe begins an upgrade and is cut somewhere in it.
func (u *upgrading) cutProbe() {
	w, resp := u.dial("EIO=" + u.revision + "&transport=websocket" + u.sid)
	if w == nil {
		u.t.Errorf("upgrade: %d", resp.StatusCode)
		return
	}
	frame := masked("2probe")
	w.raw(frame[:u.random.IntN(len(frame)+1)])
	if u.random.IntN(2) == 0 {
		w.close()
		return
	}
	_ = w.conn.SetReadDeadline(time.Now().Add(time.Millisecond)) // perhaps it is answered
	_, _ = w.r.ReadByte()
	w.close()
}

// probeAgain probes until it is answered: the server may not have noticed yet
// that the first try was cut.
func (u *upgrading) probeAgain() *wire {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		w, resp := u.dial("EIO=" + u.revision + "&transport=websocket" + u.sid)
		if w == nil {
			u.t.Errorf("upgrade: %d", resp.StatusCode)
			return nil
		}
		w.say("2probe")
		if fr, err := w.frame(); err == nil && string(fr.Payload) == "3probe" {
			return w
		}
		w.close()
	}
	u.t.Error("no probe was answered")
	return nil
}

func (u *upgrading) check() {
	for i, packet := range u.got {
		if packet != fmt.Sprintf("4%d", i) {
			u.t.Errorf("revision %s: the client got %v", u.revision, u.got)
			break
		}
	}
	for i := range inFlight {
		if m := receive(u.t, u.peer.messages); m.data != strconv.Itoa(i) {
			u.t.Errorf("revision %s: the server got %q, want %d", u.revision, m.data, i)
			break
		}
	}
}

// A client that polls after it has switched is refused, though the server may
// hear of the poll first: they come over two connections. One that has not
// switched is not kept waiting.
func TestAPollBesideAProbe(t *testing.T) {
	inBubble(t, engineio.Config{PingInterval: time.Hour}, func(b *bubble) {
		sid, p := b.poll()
		w := b.dial("&sid=" + sid)
		w.say("2probe")
		w.wantText("3probe")
		synctest.Wait()

		early := b.request("GET", "&sid="+sid, "")
		b.at(10*time.Millisecond - time.Nanosecond)
		select {
		case body := <-early:
			t.Fatalf("%q came at once", body)
		default:
		}
		b.at(10 * time.Millisecond)
		if body := <-early; body != "6" {
			t.Errorf("got %q, want a noop", body)
		}

		late := b.request("GET", "&sid="+sid, "")
		synctest.Wait()
		w.say("5")
		w.say("4hello")
		if body := <-late; body != badRequest {
			t.Errorf("got %q", body)
		}
		p.wantMessage(t, "hello")
		p.send(t, "welcome")
		w.wantText("4welcome")
		w.close()
		synctest.Wait()
	})
}
