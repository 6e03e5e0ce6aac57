package engineio

import (
	"testing"
	"time"
)

func TestOutbox_takes_packets_in_linear_time(t *testing.T) {
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
				t.Fatal("take(1): got no packet, want one")
			}
		}
		return time.Since(begun)
	}
	const few, many = 4_000, 80_000 // 20 times as many; quadratic time would be 400 times as long
	best := 1e9
	for range 20 {
		if best = min(best, float64(took(many))/float64(took(few))); best < 60 {
			return
		}
	}
	t.Errorf("taking %d packets: got %.0f times the time of %d packets, want less than 60", many, best, few)
}

func TestOutbox_unwritten_counts_what_the_codec_writes(t *testing.T) {
	o := &outbox{server: &Server{cfg: Config{}.withDefaults()}}
	k := revision4Base64
	p := Prepare([]byte("x"), make([]byte, 1<<20))
	if _, err := o.push(p); err != nil {
		t.Fatal(err)
	}
	o.advance(len(k.frames(p))-1000, k)
	if n := o.unwritten(k); n != 1000 {
		t.Errorf("unwritten: got %d, want 1000", n)
	}
}
