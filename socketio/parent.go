package socketio

// ParentNamespace stands for the namespaces whose names it matches. They have
// its middleware and handlers, which are called before their own. One is made
// when a client wants to connect to it, and goes with the last of its sockets;
// what Server.Of has returned stays. A client that middleware refuses leaves
// none behind.
type ParentNamespace struct {
	// Immutable.
	server *Server
	match  func(name string) bool

	handlers
}

// OfFunc lets clients connect to every namespace whose name match accepts; the
// name begins with a slash. Of several parents the first one that accepts a
// name has it, and a namespace that exists has no other.
//
// Whether a client may connect is a matter of the middleware: match is asked
// for the name alone, by Of too, and from any goroutine.
//
// There are at most Limits.MaxDynamicNamespaces; clients that want one more
// are refused.
func (s *Server) OfFunc(match func(name string) bool) *ParentNamespace {
	p := &ParentNamespace{server: s, match: match}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parents = added(s.parents, p)
	return p
}

// Children returns the namespaces that there are now, in no order.
func (p *ParentNamespace) Children() []*Namespace {
	p.server.mu.RLock()
	defer p.server.mu.RUnlock()
	var children []*Namespace
	for _, n := range p.server.namespaces {
		if n.parent == p {
			children = append(children, n)
		}
	}
	return children
}

// parentOf returns the parent that a namespace of that name has; nil for none.
func (s *Server) parentOf(name string) *ParentNamespace {
	s.mu.RLock()
	parents := s.parents
	s.mu.RUnlock()
	for _, p := range parents {
		var accepted bool
		s.protect("namespace match", func() { accepted = p.match(name) })
		if accepted {
			return p
		}
	}
	return nil
}

// enter returns the namespace that a client wants to connect to. Until leave
// is called for it, it stays.
func (s *Server) enter(name string) (*Namespace, error) {
	if n, ok := s.enterExisting(name); ok {
		return n, nil
	}
	parent := s.parentOf(name)
	if parent == nil {
		return nil, errInvalidNamespace
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.namespaces[name]
	if n == nil {
		if s.dynamic >= s.cfg.Limits.MaxDynamicNamespaces {
			return nil, errTooManyNamespaces
		}
		n = newNamespace(s, parent, name)
		s.namespaces[name] = n
		s.dynamic++
	}
	n.users++
	return n, nil
}

func (s *Server) enterExisting(name string) (*Namespace, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.namespaces[name]
	if ok {
		n.users++
	}
	return n, ok
}

// leave is called when a socket that entered n was refused or has ended.
func (s *Server) leave(n *Namespace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.users--; n.users == 0 && !n.kept {
		delete(s.namespaces, n.name)
		s.dynamic--
	}
}
