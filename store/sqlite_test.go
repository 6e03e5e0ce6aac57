package store_test

import (
	"testing"

	"go.uber.org/goleak"

	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, path string) *store.SQLite {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite_keeps_the_promises_of_a_store(t *testing.T) {
	storetest.Test(t, func(t *testing.T) rooms.Store { return open(t, storetest.NewDatabase(t)) })
}

func TestSQLite_in_memory_keeps_the_promises_of_a_store(t *testing.T) {
	storetest.Test(t, func(t *testing.T) rooms.Store { return storetest.Open(t) })
}
