package socketio

import (
	"strconv"
	"testing"
)

// One socket joins 10,000 rooms, leaves half of them, and disconnects.
func BenchmarkMembers_many_rooms(b *testing.B) {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = "room-" + strconv.Itoa(i)
	}
	for b.Loop() {
		m := newMembers()
		s := &Socket{id: "a"}
		m.add(s)
		m.join(s, names)
		m.leave(s, names[:len(names)/2])
		m.remove(s)
	}
}
