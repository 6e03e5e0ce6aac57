package ratelimit

import "sync"

// Counter counts what is in use at once, by key and in total. A key without use
// takes no memory.
type Counter[K comparable] struct {
	// Immutable.
	most, mostPerKey int

	mu    sync.Mutex
	total int       // guarded by mu
	byKey map[K]int // guarded by mu
}

// NewCounter returns a counter that allows most in total and mostPerKey of each
// key.
func NewCounter[K comparable](most, mostPerKey int) *Counter[K] {
	return &Counter[K]{most: most, mostPerKey: mostPerKey, byKey: make(map[K]int)}
}

// Acquire counts one more use of key, or returns false if a cap is reached.
func (c *Counter[K]) Acquire(key K) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= c.most || c.byKey[key] >= c.mostPerKey {
		return false
	}
	c.total++
	c.byKey[key]++
	return true
}

// Release ends a use that Acquire has counted.
func (c *Counter[K]) Release(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.byKey[key]--; c.byKey[key] == 0 {
		delete(c.byKey, key)
	}
}

// Count returns how many uses of key there are.
func (c *Counter[K]) Count(key K) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byKey[key]
}

// Total returns how many uses there are of all keys.
func (c *Counter[K]) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// Keys returns how many keys are in use.
func (c *Counter[K]) Keys() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byKey)
}
