package socketio

import (
	"runtime"
	"sync"

	"gifchat/socketio/engineio"
)

// flushers do the second round of large fan-outs. They are fewer than there
// are processors: while one writes to a thousand sockets, the others read and
// queue, so that the next write to a socket takes several messages along. With
// a flusher on every processor nothing is read meanwhile, and each message
// costs a write of its own.
type flushers struct {
	max int // immutable

	mu     sync.Mutex
	active int                 // guarded by mu
	lists  []*[]*engineio.Conn // guarded by mu; what nobody flushes yet
}

func newFlushers() *flushers {
	return &flushers{max: max(1, runtime.GOMAXPROCS(0)/2)}
}

// flushersFrom is the size from which a flush is left to the flushers, so that
// the sender's goroutine is free to handle the next event.
const flushersFrom = 64

// flush has every connection of the list flushed, at once or soon. It takes the
// list over.
func (f *flushers) flush(list *[]*engineio.Conn) {
	if len(*list) < flushersFrom {
		flushAll(list)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists = append(f.lists, list)
	if f.active < f.max {
		f.active++
		go f.run() // ends by itself: a flush never waits
	}
}

func (f *flushers) run() {
	for list := f.next(); list != nil; list = f.next() {
		flushAll(list)
	}
}

// next takes a list; without one it ends its caller's turn.
func (f *flushers) next() *[]*engineio.Conn {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.lists) == 0 {
		f.lists = nil
		f.active--
		return nil
	}
	list := f.lists[0]
	f.lists[0] = nil
	f.lists = f.lists[1:]
	return list
}

// flushLists are lists of connections for use again.
var flushLists = sync.Pool{New: func() any { return new([]*engineio.Conn) }}

// flushAll flushes the list's connections and gives it back.
func flushAll(list *[]*engineio.Conn) {
	for i, conn := range *list {
		conn.Flush()
		(*list)[i] = nil
	}
	*list = (*list)[:0]
	flushLists.Put(list)
}
