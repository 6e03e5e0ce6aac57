package engineio

import (
	"context"
	"net"
	"net/http"
	"time"
)

// underlyingTCP returns the TCP connection of conn, which may be wrapped by a
// tls.Conn or another type with a NetConn method.
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

// tcpState is the operating system's state of the sending direction of a TCP
// connection. tcpStateOf returns false where the state is not available.
type tcpState struct {
	acked    int64         // bytes that the peer's TCP has acknowledged
	inFlight int64         // bytes written and not acknowledged yet
	sinceAck time.Duration // time since the last acknowledgement
}

type connKey struct{}

// ConnContext is a function for http.Server.ConnContext. With it, poll responses may
// take as long as the client makes progress. Without it, a handler cannot see the
// connection, and a poll response may take Limits.StallTimeout plus a second per 8 KiB.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// connFromRequest returns the connection of a request, or nil without ConnContext.
func connFromRequest(r *http.Request) net.Conn {
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	return conn
}
