package engineio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// servePost handles the packets of a POST (section "HTTP long-polling", "Sending
// data").
func (c *Conn) servePost(w http.ResponseWriter, r *http.Request) *requestError {
	if err := c.beginPost(); err != nil {
		return err
	}
	defer c.endPost()

	body, binary, err := c.readBody(w, r)
	if err != nil {
		return err
	}
	if err := c.handlePayload(body, binary); err != nil {
		if errors.Is(err, errClientClosed) {
			c.waitForPoll()
		}
		c.fail(err)
		if !errors.Is(err, errClientClosed) {
			return errBadRequest
		}
	}
	writeOK(w)
	return nil
}

// writeOK answers a successful POST.
func writeOK(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok") // an error means that the client has disconnected
}

func (c *Conn) beginPost() *requestError {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return errUnknownSID
	case c.ws != nil:
		c.mu.Unlock()
		return errBadRequest
	case c.readingPost:
		c.mu.Unlock()
		c.close(ReasonTransportError) // the order of two concurrent POSTs is unknown (section "HTTP long-polling", "Sending data")
		return errBadRequest
	}
	c.readingPost = true
	c.mu.Unlock()
	return nil
}

func (c *Conn) endPost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readingPost = false
}

// readBody reads the body of a POST within the limits of size and rate.
func (c *Conn) readBody(w http.ResponseWriter, r *http.Request) (body []byte, binary bool, reqErr *requestError) {
	limits := &c.server.cfg.Limits
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil {
		binary = t == octetStream
	}
	if binary && c.codec == revision4 {
		c.close(ReasonTransportError) // revision 4 sends binary as base64 (section "Packet encoding")
		return nil, false, errBadRequest
	}
	if r.ContentLength > int64(limits.MaxPayload) {
		c.close(ReasonTooLarge) // its packets are lost, so the message sequence would have a gap
		return nil, false, errTooLarge
	}
	control := http.NewResponseController(w)
	limited := &minRateBody{ReadCloser: r.Body, minimum: limits.minProgress(), setDeadline: control.SetReadDeadline, received: &c.received}
	body, err := io.ReadAll(http.MaxBytesReader(w, limited, int64(limits.MaxPayload)))
	if err == nil { // after an error, net/http may read the rest of the body, and the deadline must end that
		_ = control.SetReadDeadline(time.Time{})
	}

	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		c.close(ReasonTooLarge)
		return nil, false, errTooLarge
	case err != nil:
		c.close(ReasonTransportError)
		return nil, false, errBadRequest
	}
	return body, binary, nil
}

// handlePayload handles the packets of a body in order. The control packets of a body
// count at most the size of the body together, see controlSize.
func (c *Conn) handlePayload(body []byte, binary bool) error {
	c.inbound.Lock()
	defer c.inbound.Unlock()
	rest := len(body)
	return c.codec.decode(body, binary, func(p Packet) error {
		size := 0
		if p.Type != PacketMessage {
			size = min(controlSize(p), rest)
		}
		rest -= size
		return c.handleLocked(p, size)
	})
}
