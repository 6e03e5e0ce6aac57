package engineio

import (
	"testing"
	"time"
)

// Taking packets one by one from a long queue takes linear time.
func TestOutbox_taking_is_linear(t *testing.T) {
	limits := Config{Limits: Limits{MaxQueueBytes: 1 << 30}}.withDefaults()
	packet := Prepare([]byte("x"))
	took := func(packets int) time.Duration {
		o := &outbox{server: &Server{cfg: limits}, blocked: true}
		for range packets {
			if _, err := o.push(packet); err != nil {
				t.Fatal(err)
			}
		}
		begun := time.Now()
		for range packets {
			if len(o.take(1)) != 1 {
				t.Fatal("the queue is empty")
			}
		}
		return time.Since(begun)
	}
	const few, many = 4_000, 80_000 // 20 times as many; squared, 400 times
	best := 1e9
	for range 20 {
		if best = min(best, float64(took(many))/float64(took(few))); best < 60 {
			return
		}
	}
	t.Errorf("taking %d packets took %.0f times as long as taking %d", many, best, few)
}
