package input

import (
	"math"
	"time"
)

// meterTime is the time constant of a meter: bytes received that long ago have the
// weight 1/e.
const meterTime = 3 * time.Second

// meter measures how fast bytes arrive. Older bytes count less, so a sender that
// was fast at first and then stalls is measured as slow some seconds later.
type meter struct {
	start, last time.Time
	total       int64
	recent      float64 // bytes, weighted down by their age
}

func (m *meter) add(n int, now time.Time) {
	m.recent = m.recent*m.decay(m.last, now) + float64(n)
	m.total += int64(n)
	m.last = now
}

// rate returns the bytes per second of the last seconds, or since the start if
// that was later.
func (m *meter) rate(now time.Time) float64 {
	weight := meterTime.Seconds() * (1 - m.decay(m.start, now)) // of the whole time since the start
	return m.recent * m.decay(m.last, now) / max(weight, 1e-3)
}

func (*meter) decay(from, to time.Time) float64 {
	return math.Exp(-float64(to.Sub(from)) / float64(meterTime))
}
