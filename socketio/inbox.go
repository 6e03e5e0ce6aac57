package socketio

import "sync"

// inbox is what waits for a client's worker. It is a list through the jobs
// themselves, which are used again: a slice would be made anew for every event
// of a client that sends one at a time, or stay with every client that is idle.
type inbox struct {
	first, last *job
	packets     int
	bytes       int
}

// job is a packet to handle or, if finish is set, a socket whose end is to be
// told to the handlers.
type job struct {
	packet decoded
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

// pushFinish leaves it to the worker to tell the handlers of a socket's end.
func (in *inbox) pushFinish(s *Socket, reason Reason) {
	j := jobs.Get().(*job)
	j.finish, j.reason = s, reason
	in.append(j)
}

func (in *inbox) append(j *job) {
	if in.last == nil {
		in.first = j
	} else {
		in.last.next = j
	}
	in.last = j
	in.packets++
	in.bytes += j.packet.size()
}

// pop takes the first job out; nil if there is none. Who is done with it gives
// it back with putJob.
func (in *inbox) pop() *job {
	j := in.first
	if j == nil {
		return nil
	}
	if in.first = j.next; in.first == nil {
		in.last = nil
	}
	in.packets--
	in.bytes -= j.packet.size()
	return j
}

func putJob(j *job) {
	*j = job{}
	jobs.Put(j)
}
