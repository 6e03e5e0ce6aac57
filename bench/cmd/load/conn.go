package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"
)

var errClosed = errors.New("closed by the server")

type state uint8

const (
	connecting state = iota // connect(2) is in progress
	upgrading               // waits for status 101
	opening                 // in the handshake of the protocol
	ready                   // has joined its room
)

// conn is one WebSocket client.
type conn struct {
	index, number int // of the connection, of its room
	fd            int
	state         state
	joining       bool
	carry         []byte // the beginning of an incomplete frame
	fragments     []byte // of an incomplete message
	binary        bool   // the incomplete message is binary
	gif           bool   // the next binary message is the attachment of a gif event
	stampOfGIF    []byte
	received      int64       // deliveries while the client is throttled
	link          *slowLink   // nil unless the client is throttled
	chat          *chatClient // nil unless the workload is chat
}

func (c *conn) room() string { return "room" + strconv.Itoa(c.number) }

// connectAll opens all connections, with at most config.handshakes handshakes in
// progress. It fails if that takes longer than connectTime.
func (l *loader) connectAll() error {
	for deadline := time.Now().Add(connectTime); l.ready < l.config.conns; {
		for len(l.conns)-l.ready < l.config.handshakes && len(l.conns) < l.config.conns {
			c := &conn{index: len(l.conns), number: len(l.conns) % l.config.rooms}
			if l.chats != nil {
				c.chat = l.chats[c.index]
			}
			l.conns = append(l.conns, c)
			if err := l.open(c); err != nil {
				return err
			}
		}
		if err := l.poll(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("connect: got %d connections in %v, want %d", l.ready, connectTime, l.config.conns)
		}
	}
	l.rooms = make([][]*conn, l.config.rooms)
	for _, c := range l.conns {
		l.rooms[c.number] = append(l.rooms[c.number], c)
	}
	return nil
}

// ipBindAddressNoPort is a socket option: connect(2) chooses the port. It then
// can reuse a port that has another remote address.
const ipBindAddressNoPort = 24

func (l *loader) open(c *conn) (err error) {
	if c.fd, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0); err != nil {
		return err
	}
	source := syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + c.index/10_000)}} //nolint:gosec // 10,000 each
	err = errors.Join(
		syscall.SetsockoptLinger(c.fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}), // no TIME_WAIT
		syscall.SetsockoptInt(c.fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
		syscall.SetsockoptInt(c.fd, syscall.IPPROTO_IP, ipBindAddressNoPort, 1),
		syscall.Bind(c.fd, &source),
	)
	if l.config.stalled && c.index == l.config.conns-1 {
		// As over a real network, the server's socket buffers some tens of
		// kilobytes for this client. Loopback would buffer megabytes.
		err = errors.Join(err, narrow(c.fd, 1460, 4096))
	}
	if l.config.workload == "slow" && c.index >= l.config.conns-l.config.slow {
		err = errors.Join(err, narrow(c.fd, l.config.mss, l.config.rcvbuf))
	}
	if err != nil {
		return err
	}
	if err := syscall.Connect(c.fd, &l.server); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		return fmt.Errorf("connect: %w", err)
	}
	c.state = connecting
	l.byFD[int32(c.fd)] = c //nolint:gosec // descriptors are small
	return l.watch(syscall.EPOLL_CTL_ADD, c, syscall.EPOLLIN|syscall.EPOLLOUT)
}

// narrow sets the receive buffer of a socket that is not connected yet, and its
// segment size unless mss is 0.
func narrow(fd, mss, rcvbuf int) error {
	err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, rcvbuf)
	if mss > 0 {
		err = errors.Join(err, syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, mss))
	}
	return err
}

// watch calls epoll_ctl(2) for c, with edge-triggered events.
func (l *loader) watch(op int, c *conn, events uint32) error {
	const edge = 1 << 31
	event := syscall.EpollEvent{Events: events | edge, Fd: int32(c.fd)} //nolint:gosec // descriptors are small
	return syscall.EpollCtl(l.epoll, op, c.fd, &event)
}

// stall makes the last connection stop reading.
func (l *loader) stall() {
	c := l.conns[len(l.conns)-1]
	_ = l.watch(syscall.EPOLL_CTL_DEL, c, 0) // if it failed, the count of deliveries would be wrong
	delete(l.byFD, int32(c.fd))              //nolint:gosec // descriptors are small
}

// joined marks c as ready for its workload.
func (l *loader) joined(c *conn) {
	if c.state != ready {
		c.state = ready
		l.ready++
	}
}

// pump polls for d, or until stop returns true.
func (l *loader) pump(d time.Duration, stop func() bool) error {
	for end := now() + int64(d); now() < end && (stop == nil || !stop()); {
		if err := l.poll(); err != nil {
			return err
		}
	}
	return nil
}

// poll handles the bytes that have arrived. After few events it naps. No thread
// waits on the sockets during a nap, so the server pays for no wake-up, and the
// next poll reads several messages at once.
func (l *loader) poll() error {
	n, err := syscall.EpollWait(l.epoll, l.events[:], 0)
	if err != nil && !errors.Is(err, syscall.EINTR) {
		return err
	}
	for i := range max(0, n) {
		c := l.byFD[l.events[i].Fd]
		if c == nil {
			continue
		}
		err := l.handle(c, l.events[i].Events)
		if err != nil && l.slowRoom != nil {
			l.cutOther(c)
		} else if err != nil {
			return fmt.Errorf("connection %d: %w", c.index, err)
		}
	}
	if l.slowRoom != nil {
		l.readSlow()
	}
	if n < len(l.events)/4 {
		nap := syscall.NsecToTimespec(int64(l.config.nap))
		_ = syscall.Nanosleep(&nap, nil) // an interrupted nap does no harm
	}
	return l.failure
}

func (l *loader) handle(c *conn, events uint32) error {
	if c.state == connecting && events&syscall.EPOLLOUT != 0 {
		if code, err := syscall.GetsockoptInt(c.fd, syscall.SOL_SOCKET, syscall.SO_ERROR); err != nil || code != 0 {
			return fmt.Errorf("connect: %w", errors.Join(err, syscall.Errno(code)))
		}
		if err := l.watch(syscall.EPOLL_CTL_MOD, c, syscall.EPOLLIN); err != nil {
			return err
		}
		c.state = upgrading
		l.write(c, l.upgradeRequest(c))
	}
	if events&(syscall.EPOLLIN|syscall.EPOLLHUP|syscall.EPOLLERR) == 0 {
		return nil
	}
	err := l.read(c)
	if err != nil && c.state != ready && l.sample.Retried < l.config.conns/100 {
		// Reconnect as a client does. The measurement fails if the server
		// ends more than one handshake in a hundred.
		l.sample.Retried++
		delete(l.byFD, int32(c.fd)) //nolint:gosec // descriptors are small
		_ = syscall.Close(c.fd)     // the connection is over, whatever close(2) returns
		c.carry, c.fragments = nil, nil
		return l.open(c)
	}
	return err
}

func (l *loader) read(c *conn) error {
	for {
		kept := copy(l.in, c.carry)
		n, err := syscall.Read(c.fd, l.in[kept:])
		switch {
		case errors.Is(err, syscall.EAGAIN):
			return nil
		case err != nil:
			return err
		case n == 0:
			return errClosed
		}
		b := l.in[:kept+n]
		if c.state == upgrading {
			head, rest, found := bytes.Cut(b, []byte("\r\n\r\n"))
			if !found {
				c.carry = append(c.carry[:0], b...)
				continue
			}
			if !bytes.HasPrefix(head, []byte("HTTP/1.1 101")) {
				return fmt.Errorf("not upgraded: %.200q", b)
			}
			c.state = opening
			l.send(c, l.protocol.hello(c))
			b = rest
		}
		rest, err := l.frames(c, b)
		if err != nil {
			return err
		}
		c.carry = append(c.carry[:0], rest...)
		if n < len(l.in)-kept {
			return nil // a short read means that the socket is empty
		}
	}
}

// frames handles the complete frames in b and returns the rest.
func (l *loader) frames(c *conn, b []byte) (rest []byte, err error) {
	for {
		f, n, err := parseFrame(b)
		if err != nil || n == 0 {
			return b, err
		}
		if err := l.frame(c, f); err != nil {
			return nil, err
		}
		b = b[n:]
	}
}

func (l *loader) frame(c *conn, f frame) error {
	switch f.op {
	case opClose:
		return fmt.Errorf("close frame %q", f.payload)
	case opPing:
		l.write(c, maskedFrame(l.out[:0], opPong, f.payload))
		return nil
	case opText, opBinary, opContinue:
		if f.last && len(c.fragments) == 0 {
			return l.protocol.message(l, c, f.op == opBinary, f.payload)
		}
		if f.op != opContinue {
			c.binary = f.op == opBinary
		}
		c.fragments = append(c.fragments, f.payload...)
		if !f.last {
			return nil
		}
		err := l.protocol.message(l, c, c.binary, c.fragments)
		c.fragments = c.fragments[:0]
		return err
	}
	return nil
}

// send sends a text message. It does nothing if the message is empty.
func (l *loader) send(c *conn, message []byte) {
	if len(message) > 0 {
		l.out = maskedFrame(l.out[:0], opText, message)
		l.write(c, l.out)
	}
}

func (l *loader) write(c *conn, b []byte) {
	for tries := 0; len(b) > 0; tries++ {
		n, err := syscall.Write(c.fd, b)
		switch {
		case err == nil:
			b = b[n:]
		case errors.Is(err, syscall.EAGAIN) && tries < 2000:
			time.Sleep(time.Millisecond)
		default:
			if c.link == nil { // findClosed records the end of a slow client's connection
				l.failure = fmt.Errorf("write to connection %d: %w", c.index, err)
			}
			return
		}
	}
}

const (
	opContinue = 0
	opText     = 1
	opBinary   = 2
	opClose    = 8
	opPing     = 9
	opPong     = 10
)

type frame struct {
	op      byte
	last    bool
	payload []byte
}

// parseFrame parses one server frame at the start of b. n is its size in bytes,
// or 0 while the frame is incomplete.
func parseFrame(b []byte) (f frame, n int, err error) {
	if len(b) < 2 {
		return f, 0, nil
	}
	if b[0]&0x70 != 0 || b[1]&0x80 != 0 {
		return f, 0, fmt.Errorf("not a server's frame: %x", b[:2])
	}
	size, head := int(b[1]), 2
	switch {
	case size == 126 && len(b) >= 4:
		size, head = int(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127 && len(b) >= 10:
		size, head = int(binary.BigEndian.Uint32(b[6:])), 10
	case size >= 126:
		return f, 0, nil
	}
	if len(b) < head+size {
		return f, 0, nil
	}
	return frame{op: b[0] & 0xf, last: b[0]&0x80 != 0, payload: b[head : head+size]}, head + size, nil
}

func maskedFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	if n := len(payload); n < 126 {
		dst = append(dst, 0x80|byte(n))
	} else {
		dst = append(dst, 0x80|126, byte(n>>8), byte(n)) //nolint:gosec // the generator sends no larger messages
	}
	mask := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	dst = append(dst, mask[:]...)
	for i, b := range payload {
		dst = append(dst, b^mask[i&3])
	}
	return dst
}
