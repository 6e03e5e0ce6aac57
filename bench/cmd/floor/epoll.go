package main

import (
	"errors"
	"net"
	"slices"
	"syscall"
	"time"
	"unsafe"

	"gifchat/bench/internal/wire"
)

const (
	pingSlots  = 25 // a ping every 25 s: one slot a second
	readBuffer = 64 << 10
)

// loop is the bare server. One thread owns all state, so it needs no locks.
type loop struct {
	epoll, listener int
	peers           []*peer // by descriptor
	rooms           map[string][]int
	buf             []byte
}

// peer is one connection. It has no goroutine, and no buffer while it is idle.
type peer struct {
	loop *loop
	fd   int
	open bool // upgraded to WebSocket
	room string
	rest []byte // the beginning of an incomplete frame
}

func serveEpoll(listen string) error {
	addr, err := net.ResolveTCPAddr("tcp4", listen)
	if err != nil {
		return err
	}
	l := &loop{rooms: make(map[string][]int), buf: make([]byte, readBuffer)}
	if l.listener, err = syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0); err != nil {
		return err
	}
	at := &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}
	if err := errors.Join(
		syscall.SetsockoptInt(l.listener, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1),
		syscall.Bind(l.listener, at),
		syscall.Listen(l.listener, 4096),
	); err != nil {
		return err
	}
	if l.epoll, err = syscall.EpollCreate1(0); err != nil {
		return err
	}
	if err := l.watch(l.listener); err != nil {
		return err
	}
	return l.run()
}

func (l *loop) watch(fd int) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)} //nolint:gosec // descriptors are small
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &event)
}

func (l *loop) run() error {
	events := make([]syscall.EpollEvent, 256)
	for last, slot := time.Now(), 0; ; {
		n, err := syscall.EpollWait(l.epoll, events, 1000)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		for _, event := range events[:max(0, n)] {
			if fd := int(event.Fd); fd == l.listener {
				l.accept()
			} else if p := l.peers[fd]; !p.readable() {
				p.drop()
			}
		}
		if time.Since(last) >= time.Second {
			last = time.Now()
			l.ping(slot)
			slot = (slot + 1) % pingSlots
		}
	}
}

func (l *loop) accept() {
	for {
		fd, _, err := syscall.Accept4(l.listener, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		for len(l.peers) <= fd {
			l.peers = append(l.peers, nil)
		}
		l.peers[fd] = &peer{loop: l, fd: fd}
		if errors.Join(syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1), l.watch(fd)) != nil {
			l.peers[fd].drop()
		}
	}
}

func (l *loop) ping(slot int) {
	for fd := slot; fd < len(l.peers); fd += pingSlots {
		if p := l.peers[fd]; p != nil && p.open {
			write(fd, wire.Ping())
		}
	}
}

// write makes one attempt. Bytes that a full socket does not accept are lost,
// which fails the measurement: a floor has no queue.
func write(fd int, b []byte) {
	_, _, _ = syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))) //nolint:gosec // the floor measures the bare call
}

// Reply writes frames to p.
func (p *peer) Reply(frames []byte) { write(p.fd, frames) }

// Join puts p into a room.
func (p *peer) Join(room string) {
	p.room = room
	p.loop.rooms[room] = append(p.loop.rooms[room], p.fd)
}

// Broadcast writes frames to every member of p's room.
func (p *peer) Broadcast(frames []byte) {
	for _, fd := range p.loop.rooms[p.room] {
		write(fd, frames)
	}
}

func (p *peer) drop() {
	room := p.loop.rooms[p.room]
	if i := slices.Index(room, p.fd); i >= 0 {
		p.loop.rooms[p.room] = slices.Delete(room, i, i+1)
	}
	p.loop.peers[p.fd] = nil
	_ = syscall.Close(p.fd) // the connection is over, whatever close(2) returns
}

// readable reads and handles the bytes that have arrived. It returns false if
// the connection has ended.
func (p *peer) readable() bool {
	kept := copy(p.loop.buf, p.rest)
	n, err := syscall.Read(p.fd, p.loop.buf[kept:])
	if errors.Is(err, syscall.EAGAIN) {
		return true
	}
	if err != nil || n == 0 {
		return false
	}
	b := p.loop.buf[:kept+n]
	if !p.open {
		key, ok := wire.Key(b)
		if !ok {
			p.rest = slices.Clone(b)
			return true
		}
		p.open, p.rest = true, nil
		write(p.fd, wire.Switching(key))
		write(p.fd, wire.Open())
		return true
	}
	b, ok := frames(p, b)
	p.rest = nil
	if len(b) > 0 {
		p.rest = slices.Clone(b)
	}
	return ok
}

// frames handles the complete frames in b and returns the rest. It returns false
// if the connection must end.
func frames(p wire.Peer, b []byte) (rest []byte, ok bool) {
	for len(b) > 0 {
		op, message, n, err := wire.Next(b)
		if err != nil || op == wire.OpClose {
			return nil, false
		}
		if n == 0 {
			break
		}
		if op == wire.OpText && wire.Handle(p, message) != nil {
			return nil, false
		}
		b = b[n:]
	}
	return b, true
}
