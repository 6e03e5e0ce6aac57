package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

// measureUpgrades measures the handshake as the stock client makes it: open by
// polling, connect to the namespace by a POST, read the answer by a poll, and
// meanwhile probe a WebSocket and move there. A quarter of the clients come
// first, unmeasured.
func measureUpgrades(ctx context.Context, c config, s *sample.Sample) error {
	warm := c.conns / 4
	if _, err := upgradeAll(ctx, c, warm); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	before, err := proc.Read(c.pid)
	if err != nil {
		return err
	}
	sockets, err := upgradeAll(ctx, c, c.conns-warm)
	if err != nil {
		return err
	}
	after, err := proc.Read(c.pid)
	s.Handshake = (after.CPU() - before.CPU()) * 1e6 / float64(len(sockets))
	s.PerSecond = float64(len(sockets)) / after.At.Sub(before.At).Seconds()
	if err != nil {
		return err
	}
	for _, ws := range sockets { // every one of them has moved
		if err := errors.Join(ws.send(`421["echo","moved"]`), ws.expect(`431["moved"]`)); err != nil {
			return err
		}
	}
	return nil
}

// upgradeAll brings n clients, some at once.
func upgradeAll(ctx context.Context, c config, n int) ([]*webSocket, error) {
	sockets := make([]*webSocket, n)
	errs := make([]error, n)
	var all sync.WaitGroup
	turns := make(chan struct{}, c.handshakes)
	for i := range n {
		turns <- struct{}{}
		all.Go(func() {
			sockets[i], errs[i] = upgrade(ctx, c.addr)
			<-turns
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err // the first is enough
		}
	}
	return sockets, nil
}

// upgrade brings one client.
func upgrade(ctx context.Context, addr string) (*webSocket, error) {
	c, err := openPolling(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer c.client.CloseIdleConnections()
	var side sync.WaitGroup
	var posted, probed error
	var ws *webSocket
	paused := make(chan struct{})
	side.Go(func() { posted = c.post(ctx, "40") })
	side.Go(func() {
		defer close(paused)
		path := strings.TrimPrefix(strings.Replace(c.address, "transport=polling", "transport=websocket", 1), "http://"+addr)
		if ws, probed = dial(ctx, addr, path); probed == nil {
			probed = errors.Join(ws.send("2probe"), ws.expect("3probe"))
		}
	})
	// Polls go on until the probe is answered and the namespace has been; the
	// server ends the last one with a noop.
	for connected, moving := false, false; !connected || !moving; {
		packets, err := c.poll(ctx)
		if err != nil {
			return nil, err
		}
		connected = connected || slices.ContainsFunc(packets, func(p string) bool { return strings.HasPrefix(p, "40") })
		select {
		case <-paused:
			moving = true
		default:
			moving = slices.Contains(packets, "6")
		}
	}
	side.Wait()
	if err := errors.Join(posted, probed); err != nil {
		return nil, err
	}
	return ws, ws.send("5")
}

// webSocket is one client's, read only when something is expected.
type webSocket struct {
	conn net.Conn
	in   *bufio.Reader
	buf  []byte
}

func dial(ctx context.Context, addr, path string) (*webSocket, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	ws := &webSocket{conn: conn, in: bufio.NewReaderSize(conn, 512)}
	request := "GET " + path + " HTTP/1.1\r\nHost: " + addr + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(ws.in, nil)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close() // it has none
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("not upgraded: %s", response.Status)
	}
	return ws, nil
}

func (ws *webSocket) send(message string) error {
	_, err := ws.conn.Write(maskedFrame(nil, opText, []byte(message)))
	return err
}

// expect reads on to the message wanted.
func (ws *webSocket) expect(want string) error {
	if err := ws.conn.SetReadDeadline(time.Now().Add(drainTime)); err != nil {
		return err
	}
	for {
		f, n, err := parseFrame(ws.buf)
		if err != nil {
			return err
		}
		if n > 0 {
			got := string(f.payload)
			ws.buf = ws.buf[n:]
			if got == want {
				return nil
			}
			continue
		}
		chunk := make([]byte, 512)
		k, err := ws.in.Read(chunk)
		if err != nil {
			return fmt.Errorf("waiting for %q: %w", want, err)
		}
		ws.buf = append(ws.buf, chunk[:k]...)
	}
}
