package store

import (
	"slices"
	"strings"
)

// These are for the tests in package store_test.
var (
	ApplyMigrations = applyMigrations
	KeepCopy        = keepCopy
	MessageChecksum = messageChecksum
)

const NickKeyBatch = nickKeyBatch

// MigrationNumber returns the number of the migration with the given name.
func MigrationNumber(name string) int {
	return 1 + slices.IndexFunc(migrationFiles, func(file string) bool { return strings.HasSuffix(file, "_"+name+".sql") })
}
