package socketio

import "sync"

// inbox is a queue for a client's worker. It is a linked list of pooled jobs: a
// slice would be allocated for every event of a client that sends one event at
// a time, or would stay allocated for every idle client.
type inbox struct {
	first, last *job
	packets     int
	bytes       int
}

// job is a packet to handle, a socket whose disconnect handlers have to run if
// finish is set, or a function to call.
type job struct {
	packet decoded
	call   func()
	finish *Socket
	reason Reason
	next   *job
}

var jobs = sync.Pool{New: func() any { return new(job) }}

func (in *inbox) push(packet decoded) {
	j := jobs.Get().(*job)
	j.packet = packet
	in.append(j)
}

// pushFinish makes the worker run the disconnect handlers of a socket.
func (in *inbox) pushFinish(s *Socket, reason Reason) {
	j := jobs.Get().(*job)
	j.finish, j.reason = s, reason
	in.append(j)
}

// pushCall makes the worker call a function.
func (in *inbox) pushCall(fn func()) {
	j := jobs.Get().(*job)
	j.call = fn
	in.append(j)
}

func (in *inbox) append(j *job) {
	if in.last == nil {
		in.first = j
	} else {
		in.last.next = j
	}
	in.last = j
	in.count(j, 1)
}

// pop removes and returns the first job, or nil. The caller returns it to the
// pool with putJob.
func (in *inbox) pop() *job {
	j := in.first
	if j == nil {
		return nil
	}
	if in.first = j.next; in.first == nil {
		in.last = nil
	}
	in.count(j, -1)
	return j
}

// count counts packets of the client. Calls and disconnect handlers are the program's
// and have no limit.
func (in *inbox) count(j *job, sign int) {
	if j.call == nil && j.finish == nil {
		in.packets += sign
		in.bytes += sign * j.packet.size()
	}
}

func putJob(j *job) {
	*j = job{}
	jobs.Put(j)
}

// changeLocked returns a channel that is closed when the inbox has room again, no
// handler of the client runs any more, or a delivery has no more packets for it.
func (c *client) changeLocked() <-chan struct{} {
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	return c.changed
}

// signalLocked wakes the goroutines that wait for a change.
func (c *client) signalLocked() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}
