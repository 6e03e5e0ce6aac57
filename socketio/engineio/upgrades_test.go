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
	"gifchat/socketio/internal/siotest"
)

// Both sides send messages while the client upgrades, as stock clients do. Every other
// client is disconnected during its first attempt, continues polling and tries again.
func TestUpgrade_neither_loses_nor_duplicates_nor_reorders(t *testing.T) {
	upgrades := sized(300, 10_000)
	f := siotest.Serve(t, engineio.Config{}, nil)
	var wg sync.WaitGroup
	gate := make(chan struct{}, 10)
	for n := range upgrades {
		gate <- struct{}{}
		u := &upgradingClient{
			Engine: f, t: t, revision: "34"[n%2:][:1], abortsFirst: n%4 < 2,
			random: rand.New(rand.NewPCG(1, uint64(n))),
		}
		u.connect()
		wg.Go(func() {
			defer func() { <-gate }()
			u.run()
		})
	}
	wg.Wait()
}

// messagesPerSide is the number of messages that each side sends during an upgrade.
var messagesPerSide = sized(20, 50)

// upgradingClient is one client that upgrades.
type upgradingClient struct {
	*siotest.Engine
	t           *testing.T
	revision    string
	abortsFirst bool // the first attempt is aborted
	random      *rand.Rand

	sid     string
	peer    *siotest.Peer
	packets []string // packets of the server, owned by the goroutine that polls
}

func (u *upgradingClient) connect() {
	a, err := u.Try(u.t.Context(), "GET", "EIO="+u.revision+"&transport=polling", nil)
	if err != nil || a.Status != 200 {
		u.t.Fatalf("handshake: got %d, %v, want 200", a.Status, err)
	}
	u.sid = "&sid=" + siotest.ParseOpen(u.t, a.Body).SID
	u.peer = u.Peer()
}

func (u *upgradingClient) run() {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { // messages of the server
		for i := range messagesPerSide {
			u.peer.Send(u.t, strconv.Itoa(i))
		}
	})

	// The client polls in the background until it has paused for the upgrade.
	paused, polled := make(chan struct{}), make(chan struct{})
	wg.Go(func() {
		defer close(polled)
		u.pollUntil(paused)
	})
	at := u.random.IntN(messagesPerSide) // number of messages before the upgrade
	for i := range at {
		if u.abortsFirst && i == at/2 {
			u.abortProbe()
		}
		u.post(i)
	}
	w := u.probeUntilAnswered()
	if w == nil {
		return
	}
	close(paused)
	<-polled
	w.Send("5")
	for i := at; i < messagesPerSide; i++ {
		w.Send(fmt.Sprintf("4%d", i))
	}
	for len(u.packets) < messagesPerSide {
		fr, err := w.Frame()
		if err != nil {
			u.t.Errorf("after %d messages: got %v, want a frame", len(u.packets), err)
			return
		}
		u.packets = append(u.packets, string(fr.Payload))
	}
	u.check()
	w.Close()
}

func (u *upgradingClient) pollUntil(paused <-chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), siotest.Patience)
	defer cancel()
	for {
		a, err := u.Try(ctx, "GET", "EIO="+u.revision+"&transport=polling"+u.sid, nil)
		if err != nil || a.Status != 200 {
			u.t.Errorf("poll: got %d %s, %v, want 200", a.Status, a.Body, err)
			return
		}
		u.packets = append(u.packets, u.splitPayload(a.Body)...)
		select {
		case <-paused:
			return // this was the last poll
		default:
		}
	}
}

// splitPayload returns the packets of a payload without noops.
func (u *upgradingClient) splitPayload(body string) []string {
	packets := strings.Split(body, "\x1e")
	if u.revision == "3" {
		packets = nil
		for body != "" {
			length, rest, _ := strings.Cut(body, ":")
			n, err := strconv.Atoi(length)
			if err != nil || n > len(rest) {
				u.t.Errorf("payload: got %q, want <length>:<packet>", body)
				return nil
			}
			packets, body = append(packets, rest[:n]), rest[n:]
		}
	}
	return slices.DeleteFunc(packets, func(p string) bool { return p == "6" })
}

func (u *upgradingClient) post(i int) {
	body := fmt.Sprintf("4%d", i)
	if u.revision == "3" {
		body = fmt.Sprintf("%d:%s", len(body), body)
	}
	a, err := u.Try(u.t.Context(), "POST", "EIO="+u.revision+"&transport=polling"+u.sid, strings.NewReader(body))
	if err != nil || a.Body != "ok" {
		u.t.Errorf("post: got %d %s, %v, want ok", a.Status, a.Body, err)
	}
}

// abortProbe starts an upgrade and disconnects at a random point.
func (u *upgradingClient) abortProbe() {
	w, resp := u.Dial("EIO=" + u.revision + "&transport=websocket" + u.sid)
	if w == nil {
		u.t.Errorf("upgrade: got %d, want 101", resp.StatusCode)
		return
	}
	frame := maskedText("2probe")
	w.WriteRaw(frame[:u.random.IntN(len(frame)+1)])
	if u.random.IntN(2) == 0 {
		w.Close()
		return
	}
	_ = w.Conn.SetReadDeadline(time.Now().Add(time.Millisecond)) // the answer may arrive or not
	_, _ = w.Reader.ReadByte()
	w.Close()
}

// probeUntilAnswered repeats the probe until it is answered, because the server may
// still consider the aborted attempt as open.
func (u *upgradingClient) probeUntilAnswered() *siotest.WebSocket {
	for end := time.Now().Add(siotest.Patience); time.Now().Before(end); {
		w, resp := u.Dial("EIO=" + u.revision + "&transport=websocket" + u.sid)
		if w == nil {
			u.t.Errorf("upgrade: got %d, want 101", resp.StatusCode)
			return nil
		}
		w.Send("2probe")
		if fr, err := w.Frame(); err == nil && string(fr.Payload) == "3probe" {
			return w
		}
		w.Close()
	}
	u.t.Errorf("probe: got no answer in %v, want 3probe", siotest.Patience)
	return nil
}

func (u *upgradingClient) check() {
	for i, packet := range u.packets {
		if packet != fmt.Sprintf("4%d", i) {
			u.t.Errorf("revision %s, packets to the client: got %v, want 40, 41, …", u.revision, u.packets)
			break
		}
	}
	for i := range messagesPerSide {
		if m := siotest.Receive(u.t, u.peer.Messages); m.Data != strconv.Itoa(i) {
			u.t.Errorf("revision %s, message to the server: got %q, want %d", u.revision, m.Data, i)
			break
		}
	}
}

// A client that polls after its upgrade packet receives an error, even if the poll
// arrives first over its other connection. A client that polls before its upgrade
// packet receives a noop after reorderWindow.
func TestUpgrade_ends_a_poll_after_the_reorder_window(t *testing.T) {
	inBubble(t, engineio.Config{PingInterval: time.Hour}, func(b *bubble) {
		sid, p := b.poll()
		w := b.dial("&sid=" + sid)
		w.Send("2probe")
		w.WantText("3probe")
		synctest.Wait()

		early := b.request("GET", "&sid="+sid, "")
		b.at(10*time.Millisecond - time.Nanosecond)
		select {
		case body := <-early:
			t.Fatalf("poll before 10 ms: got %q, want no response", body)
		default:
		}
		b.at(10 * time.Millisecond)
		if body := <-early; body != "6" {
			t.Errorf("poll after 10 ms: got %q, want a noop", body)
		}

		late := b.request("GET", "&sid="+sid, "")
		synctest.Wait()
		w.Send("5")
		w.Send("4hello")
		if body := <-late; body != badRequest {
			t.Errorf("poll after the upgrade packet: got %q, want %q", body, badRequest)
		}
		p.WantMessage(t, "hello")
		p.Send(t, "welcome")
		w.WantText("4welcome")
		w.Close()
		synctest.Wait()
	})
}
