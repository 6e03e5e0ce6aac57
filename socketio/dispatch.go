package socketio

// dispatch runs the middleware and handlers of one event.
type dispatch struct {
	event  *Event
	levels [3]listenersOf // of the parent, the namespace and the socket
	once   bool           // the socket has handlers of Once
}

// dispatch runs the middleware of an event, and then its handlers: first the
// handlers of any event, then those of this event. In each group the parent's
// come first, then the namespace's, then the socket's.
func (n *Namespace) dispatch(e *Event) {
	d := dispatch{event: e}
	d.levels[0], d.levels[1] = n.inherited.listenersOf(e.Name), n.listenersOf(e.Name)
	d.levels[2], d.once = e.Socket.listenersOf(e.Name)
	e.known = d.hasHandler()
	var err error
	if d.hasMiddleware() {
		err = d.withMiddleware()
	} else {
		err = d.handle()
	}
	if err != nil {
		e.fail(err)
		n.server.protect(origin{"refusal", e.Name, e.Socket}, func() { e.Refuse(err) })
	}
}

func (d *dispatch) hasHandler() bool {
	for i := range d.levels {
		if len(d.levels[i].named) > 0 {
			return true
		}
	}
	return d.once
}

func (d *dispatch) hasMiddleware() bool {
	for i := range d.levels {
		if len(d.levels[i].middleware) > 0 {
			return true
		}
	}
	return false
}

// withMiddleware has a value receiver: next captures the dispatch, and a pointer
// would move the caller's copy to the heap also for events without middleware.
func (d dispatch) withMiddleware() error { return d.from(0, 0) }

// from runs the middleware that begins at an index of a level, and then the
// handlers.
func (d *dispatch) from(level, index int) error {
	for ; level < len(d.levels); level, index = level+1, 0 {
		if list := d.levels[level].middleware; index < len(list) {
			return d.call(list[index], level, index+1)
		}
	}
	return d.handle()
}

// call runs one middleware. The function that it receives runs the rest once.
func (d *dispatch) call(fn EventMiddleware, level, index int) error {
	var called bool
	var result error
	next := func() error {
		if !called {
			called = true
			result = d.from(level, index)
		}
		return result
	}
	err := error(errInternal)
	if !d.server().protect(origin{"event middleware", d.event.Name, d.event.Socket}, func() { err = fn(d.event, next) }) {
		d.event.panicked = true
	}
	return err
}

// handle runs the handlers and returns the first error of Handle or On.
func (d *dispatch) handle() error {
	var once []func(*Event)
	if d.once {
		once = d.event.Socket.takeOnce(d.event.Name)
	}
	for i := range d.levels {
		d.run(d.levels[i].all)
	}
	for i := range d.levels {
		d.run(d.levels[i].named)
	}
	d.run(once)
	return d.event.failure()
}

func (d *dispatch) run(list []func(*Event)) {
	for _, fn := range list {
		if !d.server().protect(origin{"event", d.event.Name, d.event.Socket}, func() { fn(d.event) }) {
			d.event.panicked = true
			d.event.fail(errInternal)
		}
	}
}

func (d *dispatch) server() *Server { return d.event.Socket.namespace.server }
