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
	"gifchat/socketio/internal/siotest"
)

// A client does random actions, over each revision. After each action the test compares
// the connection with a model: what the client and the server have received, and
// whether the connection is open. A failure names the seed of its sequence.
func TestConn_matches_the_model_after_random_actions(t *testing.T) {
	for seed := range uint64(sized(400, 10_000)) {
		if !t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { playModel(t, seed) }) {
			return // stop at the first failing seed
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
		m.t.Fatalf("revision %s, after the actions: %s", m.revision, strings.Join(m.log, ", "))
	}
}

// state is the expected state of the connection.
type state int

const (
	onPolling state = iota
	onWebSocket
	ended
)

// model is the expected result of the actions of a client.
type model struct {
	*bubble
	random   *rand.Rand
	revision string
	log      []string

	sid          string
	peer         *siotest.Peer
	state        state
	waiting      *pending       // a GET without a response
	posting      *pending       // a POST with an incomplete body
	postBody     *io.PipeWriter // body of that POST
	postStarted  time.Time      // start of that POST
	probing      *socket        // a WebSocket that may become the transport
	probeExpires time.Time      // timeout of the probe
	probed       bool
	socket       *socket // the transport

	blockedSince    time.Time // since then the client could have polled for the queued packets
	sent, delivered int       // messages of the server, and those that the client has received
	texts           int       // number of messages of the client
	wanted          []string  // messages that the server must have received, in order
}

func (m *model) handshake() {
	w := httptest.NewRecorder()
	m.engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?EIO="+m.revision+"&transport=polling", nil))
	m.sid = siotest.ParseOpen(m.t, w.Body.String()).SID
	m.peer = <-m.peers
}

// actions are the possible actions of a client or the server.
var actions = []struct {
	name string
	do   func(*model)
}{
	{"poll", (*model).poll},
	{"poll", (*model).poll},
	{"cancel the poll", (*model).cancelPoll},
	{"post", func(m *model) { m.post(m.nextText()) }},
	{"post", func(m *model) { m.post(m.nextText()) }},
	{"post half", (*model).postHalf},
	{"post the other half", (*model).postRest},
	{"abort the post", (*model).abortPost},
	{"post an octet-stream", (*model).postBinary},
	{"post garbage", func(m *model) { m.wantRejected(m.request("POST", m.sid, strings.NewReader("garbage"), ""), onPolling) }},
	{"use an unknown sid", func(m *model) { m.wantStatus(m.request("GET", "nobody", nil, ""), 400) }},
	{"open a WebSocket", (*model).dialProbe},
	{"open a WebSocket", (*model).dialProbe},
	{"probe", (*model).probe},
	{"probe", (*model).probe},
	{"upgrade", (*model).upgrade},
	{"upgrade", (*model).upgrade},
	{"send a message before the upgrade", func(m *model) { m.breakProbe("4early") }},
	{"disconnect the probe", func(m *model) { m.breakProbe("") }},
	{"send", (*model).clientSends},
	{"send", (*model).clientSends},
	{"disconnect in the middle of a frame", (*model).abortSocket},
	{"send a close packet", (*model).sendClosePacket},
	{"the server sends", (*model).serverSends},
	{"the server sends", (*model).serverSends},
	{"the server sends", (*model).serverSends},
	{"the server closes", func(m *model) { m.peer.Conn.Close(); m.state = ended }},
	{"time passes", (*model).passTime},
}

// endActions are done less often, so that sequences are longer.
var endActions = []string{"cancel", "abort the post", "octet", "garbage", "middle", "close packet", "closes"}

func (m *model) step() {
	action := actions[m.random.IntN(len(actions))]
	for _, end := range endActions {
		if strings.Contains(action.name, end) && m.random.IntN(8) > 0 {
			return
		}
	}
	m.log = append(m.log, action.name)
	action.do(m)
}

func (m *model) nextText() string {
	m.texts++
	return strconv.Itoa(m.texts)
}

func (m *model) poll() {
	p := m.request("GET", m.sid, nil, "")
	switch {
	case m.state != onPolling:
		m.wantStatus(p, 400)
	case m.waiting != nil: // concurrent polls
		m.wantStatus(p, 400)
		m.state = ended
	default:
		m.waiting = p
	}
}

func (m *model) cancelPoll() {
	if m.waiting != nil {
		m.waiting.cancel()
		m.state = ended
	}
}

func (m *model) post(text string) {
	p := m.request("POST", m.sid, strings.NewReader(m.payload("4"+text)), "")
	switch {
	case m.state != onPolling:
		m.wantStatus(p, 400)
	case m.posting != nil: // concurrent POSTs
		m.wantStatus(p, 400)
		m.state = ended
	default:
		m.wantStatus(p, 200)
		m.wanted = append(m.wanted, text)
	}
}

func (m *model) postHalf() {
	if m.posting != nil {
		return
	}
	r, w := io.Pipe()
	p := m.request("POST", m.sid, r, "")
	if m.state != onPolling {
		m.wantStatus(p, 400)
		return
	}
	m.posting, m.postBody, m.postStarted = p, w, time.Now()
}

func (m *model) postRest() {
	if m.posting == nil {
		return
	}
	text := m.nextText()
	_, _ = io.WriteString(m.postBody, m.payload("4"+text))
	_ = m.postBody.Close()
	synctest.Wait()
	if time.Since(m.postStarted) > 10*time.Second { // a stalled body ends the connection
		m.wantStatus(m.posting, 400)
		m.state = ended
	} else {
		m.wantStatus(m.posting, 200)
	}
	m.posting, m.postBody = nil, nil
	if m.state != ended {
		m.wanted = append(m.wanted, text)
	}
}

func (m *model) abortPost() {
	if m.posting == nil {
		return
	}
	_ = m.postBody.CloseWithError(io.ErrUnexpectedEOF)
	synctest.Wait()
	m.wantStatus(m.posting, 400)
	m.posting, m.postBody = nil, nil
	m.state = ended
}

func (m *model) postBinary() {
	text := m.nextText()
	body := "\x00" + string(rune(len(text)+1)) + "\xff4" + text // length of one digit
	p := m.request("POST", m.sid, strings.NewReader(body), "application/octet-stream")
	if m.state == onPolling && m.posting == nil && m.revision == "3" {
		m.wantStatus(p, 200)
		m.wanted = append(m.wanted, text)
		return
	}
	m.wantRejected(p, onPolling)
}

// wantRejected checks for status 400, which ends the connection in the given state.
func (m *model) wantRejected(p *pending, in state) {
	m.wantStatus(p, 400)
	if m.state == in {
		m.state = ended
	}
}

func (m *model) dialProbe() {
	s, status := m.dialSocket()
	switch {
	case m.state == ended:
		if status != 400 {
			m.t.Errorf("WebSocket for an ended connection: got %d, want 400", status)
		}
	case m.state == onWebSocket || m.probing != nil: // without any effect
		synctest.Wait()
		if !s.isClosed() {
			m.t.Error("second WebSocket: got it open, want it closed")
		}
	default:
		m.probing, m.probed, m.probeExpires = s, false, time.Now().Add(10*time.Second)
	}
}

func (m *model) probe() {
	switch {
	case m.probing == nil:
	case m.probed:
		m.breakProbe("2probe")
	default:
		m.probing.write("2probe")
		synctest.Wait()
		if got := m.probing.next(); got != "3probe" {
			m.t.Errorf("answer to the probe: got %q, want 3probe", got)
		}
		m.probed = true
	}
}

func (m *model) upgrade() {
	switch {
	case m.probing == nil:
	case !m.probed:
		m.breakProbe("5")
	default:
		m.probing.write("5")
		m.socket, m.probing, m.state = m.probing, nil, onWebSocket
	}
}

// breakProbe sends an invalid message during a probe, or disconnects it.
func (m *model) breakProbe(text string) {
	if m.probing == nil {
		return
	}
	if text != "" {
		m.probing.write(text)
	} else {
		m.probing.close()
	}
	synctest.Wait()
	m.probing.close()
	m.probing, m.blockedSince = nil, time.Now()
}

func (m *model) clientSends() {
	if m.state == onWebSocket {
		text := m.nextText()
		m.socket.write("4" + text)
		m.wanted = append(m.wanted, text)
	}
}

func (m *model) abortSocket() {
	if m.state == onWebSocket {
		b := maskedText("4never")
		_, _ = m.socket.conn.Write(b[:m.random.IntN(len(b))])
		m.socket.close()
		m.state = ended
	}
}

func (m *model) sendClosePacket() {
	switch {
	case m.state == onWebSocket:
		m.socket.write("1")
	case m.state == onPolling && m.posting == nil:
		goodbye := m.request("POST", m.sid, strings.NewReader(m.payload("1")), "")
		time.Sleep(10 * time.Millisecond) // the server waits reorderWindow for a poll
		synctest.Wait()
		m.wantStatus(goodbye, 200)
	default:
		return
	}
	m.state = ended
}

func (m *model) serverSends() {
	if m.delivered == m.sent {
		m.blockedSince = time.Now()
	}
	if m.state == onPolling && m.waiting == nil && m.probing == nil && time.Since(m.blockedSince) > 10*time.Second {
		m.state = ended // a client that does not poll for StallTimeout is too slow
	}
	err := m.peer.Conn.Send(engineio.Prepare([]byte(strconv.Itoa(m.sent))))
	if (err == nil) != (m.state != ended) {
		m.t.Errorf("Send in state %d: got %v, want success %t", m.state, err, m.state != ended)
	}
	if m.state != ended {
		m.sent++
	}
}

// passTime stays before the first ping.
func (m *model) passTime() {
	if d := time.Duration(1+m.random.IntN(11)) * time.Second; time.Since(m.start)+d < 24*time.Second {
		time.Sleep(d)
		m.expireProbe()
	}
}

// check compares the connection with the model when the server is idle.
func (m *model) check() {
	if m.waiting != nil {
		if w := m.waiting.answered(); w != nil {
			m.waiting, m.blockedSince = nil, time.Now()
			switch {
			case w.Code == http.StatusOK:
				m.readPayload(w.Body.String())
			case m.state != onWebSocket || w.Code != http.StatusBadRequest: // the upgrade packet arrived before the poll
				m.t.Errorf("poll: got %d %q, want 200", w.Code, w.Body)
			}
		}
	}
	for m.socket != nil && len(m.socket.frames) > 0 {
		m.readPacket(<-m.socket.frames)
	}
	for len(m.peer.Messages) > 0 {
		if got := <-m.peer.Messages; len(m.wanted) > 0 && got.Data == m.wanted[0] {
			m.wanted = m.wanted[1:]
		} else if m.state != ended { // messages in transit at the end may arrive or not
			m.t.Errorf("message to the server: got %q, want the first of %v", got.Data, m.wanted)
		}
	}
	if len(m.wanted) > 0 && m.state != ended {
		m.t.Errorf("messages to the server: got none, want %v", m.wanted)
	}
	m.wanted = nil
	if (m.state == onWebSocket || m.waiting != nil) && m.state != ended && m.delivered != m.sent {
		m.t.Errorf("messages to the client: got %d, want %d", m.delivered, m.sent)
	}
	if open := len(m.peer.Ended) == 0; open != (m.state != ended) || open != (m.engine.Len() == 1) {
		if !open {
			m.t.Logf("closed with %q", <-m.peer.Ended)
		}
		m.t.Errorf("got open %t and %d connections, want those of state %d", open, m.engine.Len(), m.state)
	}
	if m.state == ended {
		m.probing = nil
	} else if m.peer.Conn.Probing() != (m.probing != nil) {
		m.t.Errorf("Probing: got %t, want %t", m.peer.Conn.Probing(), m.probing != nil)
	}
}

// expireProbe ends a probe after its timeout, unless the client has a POST to finish.
func (m *model) expireProbe() {
	for m.probing != nil && !time.Now().Before(m.probeExpires) {
		if m.probed && m.posting != nil && m.state != ended {
			m.probeExpires = m.probeExpires.Add(10 * time.Second)
		} else {
			m.probing, m.blockedSince = nil, m.probeExpires
		}
	}
}

// end reads the remaining messages, and then checks that the connection ends in time in
// whatever state it is.
func (m *model) end() {
	if m.state == onPolling && m.waiting == nil {
		m.poll()
		m.check()
		if m.delivered != m.sent {
			m.t.Errorf("messages to the client after the last poll: got %d, want %d", m.delivered, m.sent)
		}
	}
	time.Sleep(10 * time.Second)
	synctest.Wait()
	m.expireProbe()
	if m.peer.Conn.Probing() != (m.probing != nil) {
		m.t.Errorf("Probing after 10 s: got %t, want %t", m.peer.Conn.Probing(), m.probing != nil)
	}
	if m.postBody != nil {
		_ = m.postBody.CloseWithError(io.ErrUnexpectedEOF)
	}
	m.wantEndAfter45s()
	if m.waiting != nil {
		m.waiting.cancel()
	}
}

func (m *model) wantEndAfter45s() {
	m.at(45 * time.Second)
	if m.engine.Len() != 0 {
		m.t.Error("Len after 45 s without a heartbeat: got 1, want 0")
	}
}
