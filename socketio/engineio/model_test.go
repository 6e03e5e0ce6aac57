package engineio_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/socketio/engineio"
)

// TestRandomActions has clients do anything in any order, over both revisions,
// and compares with a model what they are told, what is heard of them and when
// they are gone. A failure names the seed of its sequence.
func TestRandomActions(t *testing.T) {
	for seed := range uint64(sized(400, 10_000)) {
		if !t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { playModel(t, seed) }) {
			return // one seed is enough to look at
		}
	}
}

func playModel(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	inBubble(t, engineio.Config{}, func(b *bubble) {
		m := &model{bubble: b, random: random, revision: "34"[random.IntN(2):][:1]}
		m.handshake()
		for range 5 + random.IntN(30) {
			m.step()
			synctest.Wait()
			m.check()
			m.stopIfFailed()
		}
		m.end()
		m.stopIfFailed()
	})
}

func (m *model) stopIfFailed() {
	if m.t.Failed() {
		m.t.Fatalf("after, with revision %s: %s", m.revision, strings.Join(m.log, ", "))
	}
}

// state is where the model believes the connection to be.
type state int

const (
	onPolling state = iota
	onWebSocket
	gone
)

// model is what a client did and what has to come of it.
type model struct {
	*bubble
	random   *rand.Rand
	revision string
	log      []string

	sid     string
	peer    *peer
	at      state
	waiting *pending       // a GET without an answer
	posting *pending       // a POST whose body has not come to its end
	body    *io.PipeWriter // of that POST
	posted  time.Time      // when it began
	probing *socket        // a WebSocket that wants to become the transport
	expires time.Time      // when probing is given up
	probed  bool
	socket  *socket // the transport

	since       time.Time // the client could have polled from then on for what is queued
	said, heard int       // messages of the server, and how many of them the client has
	words       int       // messages of the client
	want        []string  // those the server has to hear now, in order
}

func (m *model) handshake() {
	w := httptest.NewRecorder()
	m.engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?EIO="+m.revision+"&transport=polling", nil))
	body := w.Body.String()
	m.sid = parseOpen(m.t, body[strings.Index(body, "0{"):]).SID
	m.peer = <-m.peers
}

// actions are what a client, or the server, may do at any moment.
var actions = []struct {
	name string
	do   func(*model)
}{
	{"poll", (*model).poll},
	{"poll", (*model).poll},
	{"cancel the poll", (*model).cancelPoll},
	{"post", func(m *model) { m.post(m.word()) }},
	{"post", func(m *model) { m.post(m.word()) }},
	{"post half", (*model).postHalf},
	{"post the other half", (*model).postRest},
	{"cut the post", (*model).cutPost},
	{"post an octet-stream", (*model).postBinary},
	{"post garbage", func(m *model) { m.refuse(m.ask("POST", m.sid, strings.NewReader("garbage"), ""), onPolling) }},
	{"use a sid that is nobody's", func(m *model) { m.wantNow(m.ask("GET", "nobody", nil, ""), 400) }},
	{"open a WebSocket", (*model).dialProbe},
	{"open a WebSocket", (*model).dialProbe},
	{"probe", (*model).probe},
	{"probe", (*model).probe},
	{"upgrade", (*model).upgrade},
	{"upgrade", (*model).upgrade},
	{"talk too early", func(m *model) { m.spoil("4early") }},
	{"cut the probe", func(m *model) { m.spoil("") }},
	{"say", (*model).say},
	{"say", (*model).say},
	{"cut in the middle of a frame", (*model).cutSocket},
	{"a close packet", (*model).closePacket},
	{"the server says", (*model).serverSays},
	{"the server says", (*model).serverSays},
	{"the server says", (*model).serverSays},
	{"the server closes", func(m *model) { m.peer.conn.Close(); m.at = gone }},
	{"time passes", (*model).wait},
}

// ends are rare, or most sequences would be short.
var ends = []string{"cancel", "cut the post", "octet", "garbage", "middle", "close packet", "closes"}

func (m *model) step() {
	action := actions[m.random.IntN(len(actions))]
	for _, end := range ends {
		if strings.Contains(action.name, end) && m.random.IntN(8) > 0 {
			return
		}
	}
	m.log = append(m.log, action.name)
	action.do(m)
}

func (m *model) word() string {
	m.words++
	return strconv.Itoa(m.words)
}

func (m *model) poll() {
	p := m.ask("GET", m.sid, nil, "")
	switch {
	case m.at != onPolling:
		m.wantNow(p, 400)
	case m.waiting != nil: // two at once
		m.wantNow(p, 400)
		m.at = gone
	default:
		m.waiting = p
	}
}

func (m *model) cancelPoll() {
	if m.waiting != nil {
		m.waiting.cancel()
		m.at = gone
	}
}

func (m *model) post(text string) {
	p := m.ask("POST", m.sid, strings.NewReader(m.payload("4"+text)), "")
	switch {
	case m.at != onPolling:
		m.wantNow(p, 400)
	case m.posting != nil: // two at once
		m.wantNow(p, 400)
		m.at = gone
	default:
		m.wantNow(p, 200)
		m.want = append(m.want, text)
	}
}

func (m *model) postHalf() {
	if m.posting != nil {
		return
	}
	r, w := io.Pipe()
	p := m.ask("POST", m.sid, r, "")
	if m.at != onPolling {
		m.wantNow(p, 400)
		return
	}
	m.posting, m.body, m.posted = p, w, time.Now()
}

func (m *model) postRest() {
	if m.posting == nil {
		return
	}
	text := m.word()
	_, _ = io.WriteString(m.body, m.payload("4"+text))
	_ = m.body.Close()
	synctest.Wait()
	if time.Since(m.posted) > 10*time.Second { // a body that does not arrive ends the connection
		m.wantNow(m.posting, 400)
		m.at = gone
	} else {
		m.wantNow(m.posting, 200)
	}
	m.posting, m.body = nil, nil
	if m.at != gone {
		m.want = append(m.want, text)
	}
}

func (m *model) cutPost() {
	if m.posting == nil {
		return
	}
	_ = m.body.CloseWithError(io.ErrUnexpectedEOF)
	synctest.Wait()
	m.wantNow(m.posting, 400)
	m.posting, m.body = nil, nil
	m.at = gone
}

func (m *model) postBinary() {
	text := m.word()
	body := "\x00" + string(rune(len(text)+1)) + "\xff4" + text // of revision 3, shorter than 10
	p := m.ask("POST", m.sid, strings.NewReader(body), "application/octet-stream")
	if m.at == onPolling && m.posting == nil && m.revision == "3" {
		m.wantNow(p, 200)
		m.want = append(m.want, text)
		return
	}
	m.refuse(p, onPolling)
}

// refuse expects a 400, which ends the connection if it is in that state.
func (m *model) refuse(p *pending, in state) {
	m.wantNow(p, 400)
	if m.at == in {
		m.at = gone
	}
}

func (m *model) dialProbe() {
	s, status := m.dialSocket()
	switch {
	case m.at == gone:
		if status != 400 {
			m.t.Errorf("a WebSocket for a connection that is gone: %d", status)
		}
	case m.at == onWebSocket || m.probing != nil: // changes nothing
		synctest.Wait()
		if !s.ended() {
			m.t.Error("a second WebSocket was kept")
		}
	default:
		m.probing, m.probed, m.expires = s, false, time.Now().Add(10*time.Second)
	}
}

func (m *model) probe() {
	switch {
	case m.probing == nil:
	case m.probed:
		m.spoil("2probe")
	default:
		m.probing.write("2probe")
		synctest.Wait()
		if got := m.probing.next(); got != "3probe" {
			m.t.Errorf("the probe was answered %q", got)
		}
		m.probed = true
	}
}

func (m *model) upgrade() {
	switch {
	case m.probing == nil:
	case !m.probed:
		m.spoil("5")
	default:
		m.probing.write("5")
		m.socket, m.probing, m.at = m.probing, nil, onWebSocket
	}
}

// spoil ends a probe by saying what has no place there, or by leaving.
func (m *model) spoil(text string) {
	if m.probing == nil {
		return
	}
	if text != "" {
		m.probing.write(text)
	} else {
		m.probing.cut()
	}
	synctest.Wait()
	m.probing.cut()
	m.probing, m.since = nil, time.Now()
}

func (m *model) say() {
	if m.at == onWebSocket {
		text := m.word()
		m.socket.write("4" + text)
		m.want = append(m.want, text)
	}
}

func (m *model) cutSocket() {
	if m.at == onWebSocket {
		b := masked("4never")
		_, _ = m.socket.conn.Write(b[:m.random.IntN(len(b))])
		m.socket.cut()
		m.at = gone
	}
}

func (m *model) closePacket() {
	switch {
	case m.at == onWebSocket:
		m.socket.write("1")
	case m.at == onPolling && m.posting == nil:
		goodbye := m.ask("POST", m.sid, strings.NewReader(m.payload("1")), "")
		time.Sleep(10 * time.Millisecond) // a poll may be on its way
		synctest.Wait()
		m.wantNow(goodbye, 200)
	default:
		return
	}
	m.at = gone
}

func (m *model) serverSays() {
	if m.heard == m.said {
		m.since = time.Now()
	}
	if m.at == onPolling && m.waiting == nil && m.probing == nil && time.Since(m.since) > 10*time.Second {
		m.at = gone // a client that does not poll for so long is too slow
	}
	err := m.peer.conn.Send(engineio.Prepare([]byte(strconv.Itoa(m.said))))
	if (err == nil) != (m.at != gone) {
		m.t.Errorf("sending in state %d: %v", m.at, err)
	}
	if m.at != gone {
		m.said++
	}
}

// wait stays below the first ping, which would be another test's matter.
func (m *model) wait() {
	if d := time.Duration(1+m.random.IntN(11)) * time.Second; time.Since(m.began)+d < 24*time.Second {
		time.Sleep(d)
		m.expire()
	}
}

// check compares the server with the model, when it has nothing more to do.
func (m *model) check() {
	if m.waiting != nil {
		if w := m.waiting.answered(); w != nil {
			m.waiting, m.since = nil, time.Now()
			switch {
			case w.Code == http.StatusOK:
				m.take(w.Body.String())
			case m.at != onWebSocket || w.Code != http.StatusBadRequest: // the upgrade overtook the poll
				m.t.Errorf("a poll was answered %d %q", w.Code, w.Body)
			}
		}
	}
	for m.socket != nil && len(m.socket.frames) > 0 {
		m.takePacket(<-m.socket.frames)
	}
	for len(m.peer.messages) > 0 {
		if got := <-m.peer.messages; len(m.want) > 0 && got.data == m.want[0] {
			m.want = m.want[1:]
		} else if m.at != gone { // what was under way then is nobody's fault
			m.t.Errorf("the server heard %q, want the first of %v", got.data, m.want)
		}
	}
	if len(m.want) > 0 && m.at != gone {
		m.t.Errorf("the server has not heard %v", m.want)
	}
	m.want = nil
	if (m.at == onWebSocket || m.waiting != nil) && m.at != gone && m.heard != m.said {
		m.t.Errorf("the client has %d of %d messages", m.heard, m.said)
	}
	if open := len(m.peer.closed) == 0; open != (m.at != gone) || open != (m.engine.Len() == 1) {
		if !open {
			m.t.Logf("closed with %q", <-m.peer.closed)
		}
		m.t.Errorf("open is %v and there are %d connections, but the model is in state %d", open, m.engine.Len(), m.at)
	}
	if m.at == gone {
		m.probing = nil
	} else if m.peer.conn.Probing() != (m.probing != nil) {
		m.t.Errorf("probing is %v", m.peer.conn.Probing())
	}
}

// expire gives up a probe that is too old, unless the client still has a POST to finish.
func (m *model) expire() {
	for m.probing != nil && !time.Now().Before(m.expires) {
		if m.probed && m.posting != nil && m.at != gone {
			m.expires = m.expires.Add(10 * time.Second)
		} else {
			m.probing, m.since = nil, m.expires
		}
	}
}

// end looks for what was said, and then lets time pass: whatever state the
// connection is in, nothing of it stays.
func (m *model) end() {
	if m.at == onPolling && m.waiting == nil {
		m.poll()
		m.check()
		if m.heard != m.said {
			m.t.Errorf("the last poll has brought %d of %d messages", m.heard, m.said)
		}
	}
	time.Sleep(10 * time.Second)
	synctest.Wait()
	m.expire()
	if m.peer.conn.Probing() != (m.probing != nil) {
		m.t.Error("an abandoned upgrade is not free after 10 s")
	}
	if m.body != nil {
		_ = m.body.CloseWithError(io.ErrUnexpectedEOF)
	}
	m.at45()
	if m.waiting != nil {
		m.waiting.cancel()
	}
}

func (m *model) at45() {
	m.bubble.at(45 * time.Second)
	if m.engine.Len() != 0 {
		m.t.Error("a silent connection is not gone after 45 s")
	}
}
