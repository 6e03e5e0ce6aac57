package engineio

import (
	"net/http"
	"net/netip"
)

// admit refuses a handshake that there is no room for, before it has cost more
// than its request. Those that are under way at the same moment are counted
// when they are registered.
func (s *Server) admit(r *http.Request, address string) *handshakeError {
	s.mu.Lock()
	err := s.fullLocked(sourceOf(address))
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if wait, ok := s.cfg.AllowConnection(r); !ok {
		tooFast := *errTooManyConns
		tooFast.retryAfter = wait
		return &tooFast
	}
	return nil
}

// fullLocked tells why there is no room for another connection from source.
func (s *Server) fullLocked(source string) *handshakeError {
	switch {
	case s.closed:
		return errClosing
	case len(s.conns)+len(s.leaving) >= s.cfg.Limits.MaxConns, s.sources[source] >= s.cfg.Limits.MaxConnsPerAddr:
		return errTooManyConns
	}
	return nil
}

// sourceOf is whom connections from an address are counted for: whoever has one
// address of IPv6 has the 2^64 of its network.
func sourceOf(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		if with, err := netip.ParseAddrPort(address); err == nil {
			ip = with.Addr()
		}
	}
	switch ip = ip.Unmap().WithZone(""); {
	case !ip.IsValid():
		return address
	case ip.Is6():
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}
