package store_test

import (
	"testing"

	"go.uber.org/goleak"

	"gifchat/rooms"
	"gifchat/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	open    = storetest.OpenFile
	place   = storetest.Place
	fill    = storetest.Fill
	execute = storetest.Exec
)

func TestSQLite_keeps_the_promises_of_a_store(t *testing.T) {
	storetest.Test(t, func(t *testing.T) rooms.Store { return open(t, storetest.NewDatabase(t)) })
}

func TestSQLite_in_memory_keeps_the_promises_of_a_store(t *testing.T) {
	storetest.Test(t, func(t *testing.T) rooms.Store { return storetest.Open(t) })
}
