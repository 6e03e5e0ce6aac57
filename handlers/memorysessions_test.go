package handlers_test

import (
	"context"
	"sync"
	"time"
)

// memorySessions is a session.Store in memory.
type memorySessions struct {
	mu   sync.Mutex
	rows map[string]*memorySession
	fail error
	read int // calls of LoadSession

	refreshFails error // of RefreshSession alone
}

type memorySession struct {
	visitor string
	data    []byte
	expires time.Time
	renewed bool
}

// find returns a session that has not expired.
func (s *memorySessions) find(id string) *memorySession {
	if row := s.rows[id]; row != nil && time.Now().Before(row.expires) {
		return row
	}
	return nil
}

func (s *memorySessions) LoadSession(_ context.Context, id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.read++
	if row := s.find(id); row != nil {
		return row.data, s.fail
	}
	return nil, s.fail
}

func (s *memorySessions) SaveSession(_ context.Context, id, visitor string, data []byte, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if row := s.rows[id]; row != nil && row.renewed {
		return false, s.fail
	}
	s.rows[id] = &memorySession{visitor: visitor, data: data, expires: time.Now().Add(ttl)}
	return true, s.fail
}

func (s *memorySessions) RefreshSession(ctx context.Context, id string, data []byte, ttl time.Duration) (bool, error) {
	s.mu.Lock()
	row, refused := s.find(id), s.refreshFails
	s.mu.Unlock()
	if refused != nil {
		return false, refused
	}
	if row == nil {
		return false, s.fail
	}
	return s.SaveSession(ctx, id, row.visitor, data, ttl)
}

func (s *memorySessions) RenewSession(_ context.Context, before, id, visitor string, data []byte, ttl, grace time.Duration) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.find(before)
	if row == nil || row.renewed {
		return false, s.fail
	}
	row.renewed, row.expires = true, time.Now().Add(grace)
	s.rows[id] = &memorySession{visitor: visitor, data: data, expires: time.Now().Add(ttl)}
	return true, s.fail
}

func (s *memorySessions) DeleteVisitor(_ context.Context, visitor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, row := range s.rows {
		if row.visitor == visitor {
			delete(s.rows, id)
		}
	}
	return s.fail
}

func (s *memorySessions) LiveSessions(_ context.Context, ids []string) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := make([]bool, len(ids))
	for i, id := range ids {
		live[i] = s.find(id) != nil
	}
	return live, s.fail
}

func (s *memorySessions) LiveVisitors(_ context.Context, visitors []string) ([]bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := make([]bool, len(visitors))
	for i, visitor := range visitors {
		for id, row := range s.rows {
			live[i] = live[i] || row.visitor == visitor && s.find(id) != nil && !row.renewed
		}
	}
	return live, s.fail
}

func (s *memorySessions) reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read
}

func (s *memorySessions) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows)
}

// age sets the last save of every session to long ago.
func (s *memorySessions) age() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range s.rows {
		row.data = []byte(`{"since":1}`)
	}
}

// endGrace ends the grace of sessions that were renewed.
func (s *memorySessions) endGrace() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, row := range s.rows {
		if row.renewed {
			row.expires = time.Now()
		}
	}
}
