package socketio

import (
	"sync"
	"time"

	"gifchat/socketio/engineio"
)

// attachmentsWatch ends a client that has announced attachments and makes no progress
// in sending them: AttachmentTimeout brings fewer bytes than Limits.Engine.MinRate
// asks for.
type attachmentsWatch struct {
	conn    *engineio.Conn
	timeout time.Duration
	least   int64 // bytes in timeout
	expire  func()

	mu       sync.Mutex
	timer    *time.Timer // guarded by mu, as is what follows; nil when all have come
	received int64       // by conn at the last look
}

func watchAttachments(conn *engineio.Conn, limits *Limits, minRate int, expire func()) *attachmentsWatch {
	w := &attachmentsWatch{
		conn: conn, timeout: limits.AttachmentTimeout, expire: expire, received: conn.Received(),
		least: int64(float64(minRate) * limits.AttachmentTimeout.Seconds()),
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.timeout, w.look)
	return w
}

func (w *attachmentsWatch) look() {
	w.mu.Lock()
	received := w.conn.Received()
	slow := received-w.received < w.least
	stopped := w.timer == nil
	if !stopped && !slow {
		w.received = received
		w.timer.Reset(w.timeout)
	}
	w.mu.Unlock()
	if !stopped && slow {
		w.expire()
	}
}

// stop ends the watch: everything has come.
func (w *attachmentsWatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.timer = nil
}
