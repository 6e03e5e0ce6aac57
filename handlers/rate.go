package handlers

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Rate is how often something may happen: Burst times at once, and once more
// for each Each that passes. The zero Rate stands for a default.
type Rate struct {
	Burst int
	Each  time.Duration
}

// Unlimited is the Rate "off".
var Unlimited = Rate{Burst: -1}

const (
	maxBurst = 1_000_000
	maxEach  = time.Hour // of the slowest rate
)

var rateUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// errRate says what a Rate looks like.
var errRate = errors.New("want a rate such as 30+10/s, which is 30 at once and 10 more each second (or /m, /h), or off")

// UnmarshalText reads "30+10/s", or "off".
func (r *Rate) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*r = Unlimited
		return nil
	}
	burst, rest, _ := strings.Cut(string(text), "+")
	count, unit, _ := strings.Cut(rest, "/")
	n, err := strconv.Atoi(burst)
	per, errPer := strconv.Atoi(count)
	if cmp.Or(err, errPer) != nil || n < 1 || n > maxBurst || per < 1 || per > maxBurst || rateUnits[unit] == 0 {
		return errRate
	}
	*r = Rate{Burst: n, Each: rateUnits[unit] / time.Duration(per)}
	if r.Each > maxEach || r.Each <= 0 {
		return errRate
	}
	return nil
}

// String is what UnmarshalText reads, if it can be said so.
func (r Rate) String() string {
	if r.Burst < 0 {
		return "off"
	}
	for _, unit := range []string{"s", "m", "h"} {
		if n := float64(rateUnits[unit]) / float64(r.Each); n >= 1 {
			return fmt.Sprintf("%d+%d/%s", r.Burst, int(math.Round(n)), unit)
		}
	}
	return fmt.Sprintf("%d, then 1 each %v", r.Burst, r.Each)
}

// rateError refuses what came too fast.
type rateError struct{ retryAfter time.Duration }

func (e *rateError) Error() string { return "too fast: retry after " + e.retryAfter.String() }
