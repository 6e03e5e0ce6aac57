package engineio

import (
	"context"
	"net"
	"net/http"
	"time"
)

// underlyingTCP returns the TCP connection under conn, which may be one of package
// crypto/tls or another wrapper with a NetConn method.
func underlyingTCP(conn net.Conn) (*net.TCPConn, bool) {
	for {
		switch c := conn.(type) {
		case *net.TCPConn:
			return c, true
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil, false
		}
	}
}

// tcpState is what the operating system tells of a TCP connection's sending half.
// tcpStateOf returns it; ok is false where it is not known.
type tcpState struct {
	acked    int64         // bytes that the peer's TCP has acknowledged
	underWay int64         // bytes written and not acknowledged yet
	quiet    time.Duration // since the last acknowledgement of anything
}

type connKey struct{}

// ConnContext is for http.Server.ConnContext. With it the answers of polls are
// written for as long as the client makes progress. Without it a poll's answer has the
// time that Limits.TimeFor returns, since a handler cannot see the connection.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// connOf returns the connection of a request, if ConnContext was used.
func connOf(r *http.Request) net.Conn {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	return conn
}
