package socketio

import "context"

// LostSession is a lost session that can no longer come back. It holds no memory
// of the connection.
type LostSession struct {
	Namespace string
	ID        SocketID
	Rooms     []string // that the client would have resumed, in the order of joining
	Data      any      // Socket.Data when the disconnect handlers had returned
	Failure   RecoveryFailure
}

// Lost reports whether the socket lost its connection in a way that allowed its
// client to resume: see Recovery. If so, either a recovered socket or
// Recovery.Expired follows. In disconnect handlers, false means that the client
// has gone for good.
func (s *Socket) Lost() bool { return s.session != nil && s.session.lost.Load() }

// over notes that a lost session cannot come back. Expired is called for it when
// its disconnect handlers have returned. mu is held.
func (r *recovery) over(lost *session, why RecoveryFailure) {
	if r.cfg.Expired == nil {
		return
	}
	if lost.failure = why; lost.resumable {
		r.report(lost)
	}
}

// report starts the calls of Expired unless they are running. mu is held.
func (r *recovery) report(lost *session) {
	r.expired = append(r.expired, LostSession{Namespace: r.namespace.name, ID: lost.id, Rooms: lost.memberships.Rooms(), Data: lost.data, Failure: lost.failure})
	if r.calling == nil {
		r.calling = make(chan struct{})
		go r.callExpired()
	}
}

// callExpired calls Expired until no session waits for it.
func (r *recovery) callExpired() {
	for {
		list := r.takeExpired()
		if list == nil {
			return
		}
		for _, lost := range list {
			r.namespace.server.protect(origin{handler: "recovery expired"}, func() { r.cfg.Expired(lost) })
		}
	}
}

// takeExpired returns nil after the last call of Expired.
func (r *recovery) takeExpired() []LostSession {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.expired
	if r.expired = nil; list == nil {
		close(r.calling)
		r.calling = nil
	}
	return list
}

// closeDeliveries ends the sessions of offline clients in all namespaces. It
// waits until Expired has been called for them or ctx is done. The adapters are
// still open, so Expired can emit to other servers.
func (s *Server) closeDeliveries(ctx context.Context) error {
	var pending []<-chan struct{}
	for _, n := range s.allNamespaces() {
		if done := n.delivery.close(); done != nil {
			pending = append(pending, done)
		}
	}
	for _, done := range pending {
		select {
		case <-done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
