package handlers

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

const (
	// groupSize cells share a place in the table: two lines of the processor's
	// cache.
	groupSize = 8

	// cellShards divide a table, so that keys seldom wait for each other.
	cellShards = 64
)

// cells keeps the state of many rates in a table of fixed size, 16 bytes a
// key. A key's bucket is one moment: when it will be full again
// (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). What is full can
// be forgotten for free; if nothing is, the key that will be full first goes. So
// strangers with a million addresses can make the table forget those who have
// hardly used anything, and not those who are at their limit.
type cells struct {
	// Immutable.
	seed  maphash.Seed // nobody outside can aim at a place
	start time.Time
	mask  uint64 // for the index of a group in its shard

	shards [cellShards]cellShard
}

// cellShard is a part of a table, made when a key falls into it: the garbage
// collector lets the heap grow by as much as is in use, and a whole table would be
// half of that in a server where few are.
type cellShard struct {
	mu     sync.Mutex
	groups [][groupSize]cell // guarded by mu; nil or as many as a power of two
}

// cell is a bucket. The zero cell is free.
type cell struct {
	key  uint64
	full time.Duration // since start
}

// newCells returns a table of at least n cells.
func newCells(n int) *cells {
	groups := uint64(1) << bits.Len(uint(max(n, groupSize*cellShards)-1)/(groupSize*cellShards))
	return &cells{seed: maphash.MakeSeed(), start: time.Now(), mask: groups - 1}
}

// cellKey tells the keys of one purpose from those of another.
type cellKey struct {
	purpose purpose
	name    string
}

// take takes one of r from key's bucket, or returns how long until there is one.
func (c *cells) take(key cellKey, r Rate) (wait time.Duration) { return c.takeAbove(key, r, 0) }

// takeAbove is take for a caller that must leave the bucket with keep tokens. A
// negative keep, down to -r.Burst, lets the bucket go into debt.
func (c *cells) takeAbove(key cellKey, r Rate, keep int) (wait time.Duration) {
	if r.Burst < 0 {
		return 0
	}
	hash, shard := c.find(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	group := shard.group(hash, c.mask)
	now := time.Since(c.start)
	chosen := &group[0]
	for i := range group {
		if group[i].key == hash {
			chosen = &group[i]
			break
		}
		if group[i].full < chosen.full {
			chosen = &group[i]
		}
	}
	if chosen.key != hash {
		*chosen = cell{key: hash, full: now}
	}
	return chosen.take(now, r, keep)
}

// giveBack returns what take took.
func (c *cells) giveBack(key cellKey, r Rate) {
	if r.Burst < 0 {
		return
	}
	hash, shard := c.find(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	group := shard.group(hash, c.mask)
	for i := range group {
		if group[i].key == hash {
			group[i].full -= r.Each
		}
	}
}

func (c *cells) find(key cellKey) (hash uint64, shard *cellShard) {
	hash = maphash.Comparable(c.seed, key) | 1 // 0 is a free cell's
	return hash, &c.shards[hash>>1%cellShards]
}

// group returns the place of a hash. The caller holds mu.
func (s *cellShard) group(hash, mask uint64) *[groupSize]cell {
	if s.groups == nil {
		s.groups = make([][groupSize]cell, mask+1)
	}
	return &s.groups[hash/(2*cellShards)&mask]
}

// take takes one token from the bucket and leaves keep of them, or returns how long
// until it could.
func (c *cell) take(now time.Duration, r Rate, keep int) (wait time.Duration) {
	most := time.Duration(r.Burst) * r.Each
	full := max(c.full, now)
	if full > now+2*most { // deeper than the deepest debt: the clock was set
		full = now
	}
	full += r.Each
	if wait = full - now - most + time.Duration(keep)*r.Each; wait > 0 {
		return wait
	}
	c.full = full
	return 0
}
