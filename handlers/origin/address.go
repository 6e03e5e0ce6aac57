package origin

import (
	"context"
	"net"
	"net/http"
	"net/netip"
)

// addressKey is the key of the client's address in a request's context.
type addressKey struct{}

// WithClientAddress returns a copy of r for which ClientAddress returns address.
func WithClientAddress(r *http.Request, address string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), addressKey{}, address))
}

// ClientAddress returns the address of the client that sent r: the address that
// WithClientAddress has set from X-Forwarded-For of a trusted proxy, or that of
// the TCP connection. It is for socketio.Config.
func ClientAddress(r *http.Request) string {
	if address, ok := r.Context().Value(addressKey{}).(string); ok && address != "" {
		return address
	}
	return PeerAddress(r)
}

// PeerAddress returns the address at the other end of the TCP connection.
func PeerAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// Source returns the key of r's client for rate limits: its address, or the /64
// network of an IPv6 address. The owner of one IPv6 address has 2^64 of them.
func Source(r *http.Request) string {
	address := ClientAddress(r)
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
}

func isLoopback(address string) bool {
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Unmap().IsLoopback()
}
