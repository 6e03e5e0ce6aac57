package socketio

import "gifchat/socketio/engineio"

// Batch delays the writes of several broadcasts, so that a socket that receives all
// of them needs one write. The zero value is ready to use:
//
//	var batch socketio.Batch
//	defer batch.Flush()
//	for _, m := range messages {
//		namespace.To(room).In(&batch).Emit("message", m)
//	}
//
// Events of a batch keep their order, also with other events for the same sockets.
// Without a call of Flush they may wait until the next event for the socket. A batch
// is for one goroutine and for the namespaces of one server.
type Batch struct {
	flushers *flushers
	conns    *[]*engineio.Conn // nil if nothing is pending
}

// In adds the events of the broadcast to a batch. They are encoded and queued at once.
func (b Broadcast) In(batch *Batch) Broadcast {
	b.batch = batch
	return b
}

// Flush writes the queued events. The batch can be used again.
func (b *Batch) Flush() {
	if b.conns != nil {
		b.flushers.flush(b.conns)
		b.conns = nil
	}
}

// pending returns the list of connections to which a broadcast appends those that need
// a flush.
func (b Broadcast) pending() *[]*engineio.Conn {
	if b.batch != nil && b.batch.conns != nil {
		return b.batch.conns
	}
	return flushLists.Get().(*[]*engineio.Conn)
}

// flush flushes the connections of the list from pending, or leaves that to the batch.
func (b Broadcast) flush(conns *[]*engineio.Conn) {
	if b.batch == nil {
		b.namespace.server.flushers.flush(conns)
		return
	}
	b.batch.flushers, b.batch.conns = b.namespace.server.flushers, conns
}
