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
	var children []*Namespace
	p.server.mu.RLock()
	for _, n := range p.server.namespaces {
		if n.parent == p {
			children = append(children, n)
		}
	}
	p.server.mu.RUnlock()
	for _, n := range children {
		n.open()
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
		return n.open(), nil
	}
	parent := s.parentOf(name)
	if parent == nil {
		return nil, errInvalidNamespace
	}
	n, err := s.enterChild(name, parent)
	if err != nil {
		return nil, err
	}
	return n.open(), nil
}

// enterChild makes the namespace if nobody has meanwhile.
func (s *Server) enterChild(name string, parent *ParentNamespace) (*Namespace, error) {
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
	if s.left(n) {
		n.close()
	}
}

// left counts one user less, and reports whether n has gone with it.
func (s *Server) left(n *Namespace) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.users--
	if n.users > 0 || n.kept {
		return false
	}
	delete(s.namespaces, n.name)
	s.dynamic--
	return true
}
