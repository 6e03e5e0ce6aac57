package socketio

import (
	"sync"
	"time"

	"gifchat/socketio/engineio"
)

// attachmentsWatch expires if a client has announced attachments and sends them
// more slowly than Limits.Engine.MinRate for Limits.AttachmentTimeout.
type attachmentsWatch struct {
	conn    *engineio.Conn
	timeout time.Duration
	least   int64 // bytes that have to come within timeout
	expire  func()

	mu       sync.Mutex
	timer    *time.Timer // guarded by mu, as are the next fields; nil when it has stopped
	received int64       // what conn.Received was at the last check
}

func watchAttachments(conn *engineio.Conn, limits *Limits, minRate int, expire func()) *attachmentsWatch {
	w := &attachmentsWatch{
		conn: conn, timeout: limits.AttachmentTimeout, expire: expire, received: conn.Received(),
		least: int64(float64(minRate) * limits.AttachmentTimeout.Seconds()),
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.timeout, w.check)
	return w
}

func (w *attachmentsWatch) check() {
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

// stop ends the watch when all attachments have come.
func (w *attachmentsWatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
	w.timer = nil
}
