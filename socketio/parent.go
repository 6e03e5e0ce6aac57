package socketio

// ParentNamespace is a template for the namespaces whose names it matches. They
// inherit its middleware and handlers, which run before their own. A child is
// created when a client connects to it and removed with its last socket, unless
// Server.Of has returned it. A client that middleware refuses leaves no child
// behind.
type ParentNamespace struct {
	// Immutable.
	server *Server
	match  func(name string) bool

	handlers
}

// OfFunc lets clients connect to every namespace whose name match accepts. The
// name begins with a slash. The first parent that accepts a name becomes the
// parent of that namespace, and stays it while the namespace exists.
//
// match decides by the name alone: use middleware to decide by the client. Of
// calls match too. match can be called from any goroutine.
//
// The server has at most Limits.MaxDynamicNamespaces children; a client that
// connects to one more is refused.
func (s *Server) OfFunc(match func(name string) bool) *ParentNamespace {
	p := &ParentNamespace{server: s, match: match}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parents = added(s.parents, p)
	return p
}

// Children returns the namespaces that exist now, in no particular order.
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

// parentOf returns the parent for a namespace with that name, or nil.
func (s *Server) parentOf(name string) *ParentNamespace {
	s.mu.RLock()
	parents := s.parents
	s.mu.RUnlock()
	for _, p := range parents {
		var accepted bool
		s.protect(origin{handler: "namespace match"}, func() { accepted = p.match(name) })
		if accepted {
			return p
		}
	}
	return nil
}

// enter returns the namespace with that name for a client that connects. The
// namespace is not removed before leave is called.
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

// enterChild creates the namespace unless another client has created it.
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

// stay makes a user of n count twice, so that n is not removed before leave is
// called for the second time.
func (s *Server) stay(n *Namespace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n.users++
}

// leave is called when a socket that entered n was refused or has disconnected,
// and once for each call of stay.
func (s *Server) leave(n *Namespace) {
	if s.release(n) {
		n.close()
	}
}

// release counts one user less, and reports whether n was removed.
func (s *Server) release(n *Namespace) bool {
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
