package store

import (
	"sync"
	"testing"
)

func TestReader_keeps_one_statement_for_a_query(t *testing.T) {
	s := openTest(t)
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			var n int
			if err := s.read.QueryRowContext(t.Context(), "SELECT count(*) FROM rooms").Scan(&n); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	statements := 0
	s.read.prepared.Range(func(query, _ any) bool {
		if query == "SELECT count(*) FROM rooms" {
			statements++
		}
		return true
	})
	if statements != 1 {
		t.Errorf("statements: got %d, want 1", statements)
	}
	var n int
	if err := s.read.QueryRowContext(t.Context(), "SELECT FROM").Scan(&n); err == nil {
		t.Error("Scan of an invalid query: got nil, want an error")
	}
}
