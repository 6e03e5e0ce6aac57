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

// measureUpgrades measures the handshake of the stock client: open by polling,
// connect to the namespace by a POST, and read the answer by a poll. At the same
// time the client probes a WebSocket and upgrades to it. A quarter of the
// clients warm up the server and are not measured.
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
	for _, ws := range sockets { // each must have upgraded
		if err := errors.Join(ws.send(`421["echo","moved"]`), ws.expect(`431["moved"]`)); err != nil {
			return err
		}
	}
	return nil
}

// upgradeAll connects and upgrades n clients, with at most c.handshakes
// handshakes in progress. It returns the first error.
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
			return nil, err
		}
	}
	return sockets, nil
}

// upgrade connects one client and upgrades it to WebSocket.
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
	// The client polls until the server has answered the probe and the CONNECT
	// of the namespace. The server ends the last poll with a noop packet.
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

// webSocket is the WebSocket of one client. Only expect reads from it.
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
	_ = response.Body.Close() // there is no body
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, fmt.Errorf("not upgraded: %s", response.Status)
	}
	return ws, nil
}

func (ws *webSocket) send(message string) error {
	_, err := ws.conn.Write(maskedFrame(nil, opText, []byte(message)))
	return err
}

// expect reads messages up to the wanted one. It fails after drainTime.
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
