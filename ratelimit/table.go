package ratelimit

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"time"
)

const (
	// groupSize is the number of buckets in a group. A group is two cache lines of
	// the processor.
	groupSize = 8

	// tableShards is the number of parts of a table with a lock of their own, so
	// that keys seldom wait for each other.
	tableShards = 64
)

// Table keeps the buckets of many keys in a table of fixed size, 16 bytes a
// bucket. A bucket is one moment: when it will be full again
// (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). A full bucket can
// be evicted without loss. When a group has only buckets in use, a new key evicts
// the bucket that will be full first: clients with a million addresses can evict
// buckets that are nearly full, and not those at their limit.
type Table struct {
	// Immutable.
	seed  maphash.Seed // random, so that clients cannot aim at a group
	start time.Time
	mask  uint64 // for the index of a group in its shard

	shards [tableShards]shard
}

// shard is a part of a table. Its groups are allocated when the first key falls
// into it: a whole table would be half of the heap of a server with few clients,
// and the garbage collector lets the heap grow in proportion.
type shard struct {
	mu     sync.Mutex
	groups [][groupSize]bucket // guarded by mu; nil, or a power of two of them
}

// bucket is the state of one key. The zero bucket is free.
type bucket struct {
	key  uint64
	full time.Duration // since the table's start
}

// NewTable returns a table with at least n buckets.
func NewTable(n int) *Table {
	groups := uint64(1) << bits.Len(uint(max(n, groupSize*tableShards)-1)/(groupSize*tableShards))
	return &Table{seed: maphash.MakeSeed(), start: time.Now(), mask: groups - 1}
}

// Purpose distinguishes the keys of one limit from those of another in the same table.
type Purpose uint8

// Key names a bucket.
type Key struct {
	Purpose Purpose
	Name    string
}

// Cost is one token of a bucket. Keep is the number of tokens that must remain in
// the bucket. A negative Keep, down to -Rate.Burst, lets the bucket go into debt.
type Cost struct {
	Key  Key
	Rate Rate
	Keep int
}

// Take takes all costs or none. It returns 0, or how long until the first cost
// that could not be paid can be paid.
func (t *Table) Take(costs ...Cost) (wait time.Duration) {
	for i, c := range costs {
		if wait := t.take(c); wait > 0 {
			t.Refund(costs[:i]...)
			return wait
		}
	}
	return 0
}

// Refund returns costs that Take took.
func (t *Table) Refund(costs ...Cost) {
	for _, c := range costs {
		t.refund(c)
	}
}

func (t *Table) take(c Cost) (wait time.Duration) {
	if c.Rate.Burst < 0 {
		return 0
	}
	hash, shard := t.find(c.Key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	group := shard.groupLocked(hash, t.mask)
	now := time.Since(t.start)
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
		*chosen = bucket{key: hash, full: now}
	}
	return chosen.take(now, c.Rate, c.Keep)
}

func (t *Table) refund(c Cost) {
	if c.Rate.Burst < 0 {
		return
	}
	hash, shard := t.find(c.Key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	group := shard.groupLocked(hash, t.mask)
	for i := range group {
		if group[i].key == hash {
			group[i].full -= c.Rate.Each
		}
	}
}

func (t *Table) find(key Key) (hash uint64, s *shard) {
	hash = maphash.Comparable(t.seed, key) | 1 // a free bucket has the hash 0
	return hash, &t.shards[hash>>1%tableShards]
}

// groupLocked returns the group of a hash. The caller holds mu.
func (s *shard) groupLocked(hash, mask uint64) *[groupSize]bucket {
	if s.groups == nil {
		s.groups = make([][groupSize]bucket, mask+1)
	}
	return &s.groups[hash/(2*tableShards)&mask]
}

// take takes one token if keep tokens remain. Otherwise it returns how long until it
// can.
func (b *bucket) take(now time.Duration, r Rate, keep int) (wait time.Duration) {
	most := time.Duration(r.Burst) * r.Each
	full := max(b.full, now)
	if full > now+2*most { // deeper than the deepest debt: another rate left this state
		full = now
	}
	full += r.Each
	if wait = full - now - most + time.Duration(keep)*r.Each; wait > 0 {
		return wait
	}
	b.full = full
	return 0
}
