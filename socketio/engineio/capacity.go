package engineio

import (
	"net/http"
	"net/netip"
)

// checkCapacity rejects a handshake that exceeds a limit, before the server
// allocates anything for it. Concurrent handshakes are counted when add
// registers them.
func (s *Server) checkCapacity(r *http.Request, address string) *requestError {
	s.mu.Lock()
	err := s.capacityErrorLocked(clientNetwork(address))
	s.mu.Unlock()
	if err != nil {
		return err
	}
	if retryAfter, ok := s.cfg.AllowConnection(r); !ok {
		tooFast := errTooManyConns.because(refusedRate, nil)
		tooFast.retryAfter = retryAfter
		return tooFast
	}
	return nil
}

// capacityErrorLocked returns the error for a new connection from a network
// that exceeds a limit, or nil.
func (s *Server) capacityErrorLocked(network string) *requestError {
	switch {
	case s.stopped:
		return errClosing
	case len(s.conns)+len(s.closing) >= s.cfg.Limits.MaxConns:
		return errTooManyConns
	case s.connsPerNetwork[network] >= s.cfg.Limits.MaxConnsPerAddr:
		return errTooManyConns.because(refusedAddress, nil)
	}
	return nil
}

// clientNetwork returns the key that MaxConnsPerAddr counts an address under: the
// IPv4 address, or the /64 network of an IPv6 address, since one client usually
// controls all 2^64 addresses of its network.
func clientNetwork(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		if withPort, err := netip.ParseAddrPort(address); err == nil {
			ip = withPort.Addr()
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
