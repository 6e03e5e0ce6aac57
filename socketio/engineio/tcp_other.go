//go:build !linux

package engineio

import "net"

// tune sets the socket options of a WebSocket's connection.
func tune(conn net.Conn) {
	if tcp, ok := underlyingTCP(conn); ok {
		_ = tcp.SetKeepAlive(false) // the heartbeat finds dead peers sooner
	}
}

func tcpStateOf(net.Conn) (state tcpState, ok bool) { return tcpState{}, false }
