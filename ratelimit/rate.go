package ratelimit

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
// after each interval Each. A package that is configured with rates can replace the
// zero Rate by a default.
type Rate struct {
	Burst int
	Each  time.Duration
}

// Unlimited is the Rate that allows everything. Its text is "off".
var Unlimited = Rate{Burst: -1}

// maxBurst is the largest burst, and the largest number of events per unit.
const maxBurst = 1_000_000

var rateUnits = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}

// errRate describes the text of a Rate.
var errRate = errors.New("want a rate such as 30+10/s, which is 30 at once and 10 more each second (or /m, /h), or off")

// UnmarshalText parses "30+10/s", or "off".
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
	return nil
}

// String returns the text that UnmarshalText parses. A Rate slower than one an
// hour has no such text; String describes it in words.
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

// ExceededError reports that a rate or a cap is exceeded. A retry succeeds after
// RetryAfter, unless others use up what becomes free until then.
type ExceededError struct{ RetryAfter time.Duration }

// Error returns a text for logs.
func (e *ExceededError) Error() string { return "too fast: retry after " + e.RetryAfter.String() }
