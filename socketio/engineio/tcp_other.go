//go:build !linux

package engineio

import "net"

// setSocketOptions sets the socket options for a WebSocket.
func setSocketOptions(conn net.Conn) {
	if tcp, ok := underlyingTCP(conn); ok {
		_ = tcp.SetKeepAlive(false) // the heartbeat detects dead peers sooner
	}
}

func tcpStateOf(net.Conn) (state tcpState, ok bool) { return tcpState{}, false }
