package ratelimit_test

import (
	"testing"

	"gifchat/ratelimit"
)

func TestCounter_acquire_stops_at_each_cap(t *testing.T) {
	c := ratelimit.NewCounter[string](5, 3)
	for range 10 {
		c.Acquire("a")
	}
	if got := c.Count("a"); got != 3 {
		t.Errorf("key a: got %d, want 3", got)
	}
	for range 10 {
		c.Acquire("b")
	}
	if c.Count("b") != 2 || c.Total() != 5 {
		t.Errorf("got %d of key b and %d in total, want 2 and 5", c.Count("b"), c.Total())
	}
	for range 3 {
		c.Release("a")
	}
	if !c.Acquire("b") || c.Keys() != 1 {
		t.Errorf("after the release of key a: got %d of key b and %d keys, want 3 and 1", c.Count("b"), c.Keys())
	}
}
