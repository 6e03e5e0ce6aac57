package input

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestMeter_rate_is_that_of_the_last_seconds(t *testing.T) {
	for _, pace := range []int{1, 17 << 10, 100 << 10, 1 << 20} {
		for _, seconds := range []int{2, 5, 60} {
			synctest.Test(t, func(t *testing.T) {
				m := meter{start: time.Now(), last: time.Now()}
				for range seconds {
					time.Sleep(time.Second)
					m.add(pace, time.Now())
				}
				if got := m.rate(time.Now()) / float64(pace); got < 0.9 || got > 1.5 { // a second's bytes at once count a little more
					t.Errorf("%d bytes a second for %d s: got %.2f of the pace, want 0.9 to 1.5", pace, seconds, got)
				}
			})
		}
	}
}
