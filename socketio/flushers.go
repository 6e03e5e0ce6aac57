package socketio

import (
	"runtime"
	"sync"

	"gifchat/socketio/engineio"
)

// flushers are goroutines that do the second round of large broadcasts. There
// are fewer of them than processors: while one writes to a thousand sockets,
// other goroutines read and queue, so that the next write to a socket carries
// several messages. With a flusher on every processor nothing is read during
// that time, and each message needs its own write.
type flushers struct {
	max int // immutable

	mu     sync.Mutex
	active int                 // guarded by mu
	lists  []*[]*engineio.Conn // guarded by mu; not flushed yet
}

func newFlushers() *flushers {
	return &flushers{max: max(1, runtime.GOMAXPROCS(0)/2)}
}

// minDeferred is the number of connections from which a flush is left to the
// flushers, so that the sender's goroutine can handle the next event.
const minDeferred = 64

// flush flushes every connection of the list, now or on another goroutine. It
// takes ownership of the list.
func (f *flushers) flush(list *[]*engineio.Conn) {
	if len(*list) < minDeferred {
		flushAll(list)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists = append(f.lists, list)
	if f.active < f.max {
		f.active++
		go f.run() // ends without being stopped, because a flush never waits
	}
}

func (f *flushers) run() {
	for list := f.next(); list != nil; list = f.next() {
		flushAll(list)
	}
}

// next removes a list, or returns nil and counts the caller as ended.
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

// flushLists pools lists of connections.
var flushLists = sync.Pool{New: func() any { return new([]*engineio.Conn) }}

// flushAll flushes the connections of a list and returns it to the pool.
func flushAll(list *[]*engineio.Conn) {
	for i, conn := range *list {
		conn.Flush()
		(*list)[i] = nil
	}
	*list = (*list)[:0]
	flushLists.Put(list)
}
