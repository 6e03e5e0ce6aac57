package socketio

import (
	"time"

	"gifchat/socketio/engineio"
)

// delivery is how a namespace connects sockets and brings events to them.
//
// liveDelivery is the base protocol: an event goes to the sockets that are
// connected. A recovery also keeps events for clients that lost their
// connection. Everything that differs between the two is in this interface;
// sending to a live socket is the same code for both.
type delivery interface {
	// prepare is called before the middleware sees a new socket. startOver is
	// called for Socket.StartOver.
	prepare(s *Socket)
	startOver(s *Socket)
	// abandon is called instead of begin, or after it, if the socket was refused
	// with an error.
	abandon(s *Socket, err error)
	// begin adds the socket to the namespace and answers its client. It returns
	// engineio.ErrClosed if it closed the connection, or an error for the client.
	begin(s *Socket) error
	// end removes the socket from the namespace. settle follows it when the
	// disconnect handlers have returned.
	end(s *Socket, reason Reason)
	settle(s *Socket)

	// eventEnd returns the end of event packets, which starts at the last bracket.
	eventEnd() string
	// emit sends an event that wants no acknowledgement to the broadcast's
	// sockets in this process. emitTo sends one to a single socket and returns an
	// error if that is not possible. The encoder contains the packet; the caller
	// returns it to the pool.
	emit(b Broadcast, e *encoder)
	emitTo(s *Socket, volatile bool, e *encoder) error
	// hold stores a packet until the socket, which is behind, has been sent the
	// events before it. It returns false if the socket is not behind: the caller
	// sends the packet.
	hold(s *Socket, p *engineio.Prepared) bool

	// lock is held while a socket joins or leaves rooms, and while joined or left
	// is called for each of them. They get one room at a time, not the slice, so
	// that Socket.Join and Leave do not allocate.
	lock()
	unlock()
	joined(s *Socket, room string)
	left(s *Socket, room string)
	// leaveAll takes the broadcast's sockets in this process out of rooms.
	leaveAll(b Broadcast, rooms []string)
	// dismiss is called before the server disconnects a socket. dismissAll is
	// the same for the broadcast's sockets in this process, which it returns.
	dismiss(s *Socket)
	dismissAll(b Broadcast) []*Socket

	// finish limits the time in which a socket that is behind is sent earlier events,
	// because its connection is about to end. Then it is sent what was held.
	finish(s *Socket, timeout time.Duration)

	// close is called when the namespace is removed, and by each Server.Close. It
	// returns a channel that is closed when the application has been notified, or
	// nil if there is nothing to wait for.
	close() (done <-chan struct{})
}

// liveDelivery delivers to sockets that are connected and keeps nothing.
type liveDelivery struct{ namespace *Namespace }

var _ delivery = liveDelivery{}

func (liveDelivery) prepare(*Socket)                              {}
func (liveDelivery) startOver(*Socket)                            {}
func (liveDelivery) abandon(*Socket, error)                       {}
func (liveDelivery) settle(*Socket)                               {}
func (liveDelivery) hold(*Socket, *engineio.Prepared) (held bool) { return false }
func (liveDelivery) eventEnd() string                             { return "]" }
func (liveDelivery) lock()                                        {}
func (liveDelivery) unlock()                                      {}
func (liveDelivery) joined(*Socket, string)                       {}
func (liveDelivery) left(*Socket, string)                         {}
func (liveDelivery) dismiss(*Socket)                              {}
func (liveDelivery) dismissAll(b Broadcast) []*Socket             { return b.Sockets() }
func (liveDelivery) finish(*Socket, time.Duration)                {}
func (liveDelivery) close() (done <-chan struct{})                { return nil }

// begin queues the answer before it adds the socket, so that every event
// follows the answer. If the client has gone, the engine has reported that and
// end follows.
func (d liveDelivery) begin(s *Socket) error {
	s.client.queue(connectAnswer{SID: s.id}.encode(s))
	d.namespace.members.add(s)
	s.client.conn.Flush()
	return nil
}

func (d liveDelivery) end(s *Socket, _ Reason) { d.namespace.members.remove(s) }

func (liveDelivery) emit(b Broadcast, e *encoder) { b.deliver(b.targets(), e.prepare()) }

func (liveDelivery) emitTo(s *Socket, volatile bool, e *encoder) error {
	if !s.Connected() {
		return ErrDisconnected
	}
	if !volatile {
		return s.client.send(e.prepare())
	}
	t := translation{text: e.prepare()}
	_, err := s.client.conn.SendVolatile(t.of(s.client))
	return err
}

func (d liveDelivery) leaveAll(b Broadcast, rooms []string) {
	for _, s := range b.Sockets() {
		d.namespace.members.leave(s, rooms)
	}
}
