// Package sqliteerr classifies the errors of SQLite.
package sqliteerr

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Code returns SQLite's primary result code, or 0 for other errors:
// https://www.sqlite.org/rescode.html
func Code(err error) int {
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		return failure.Code() & 0xff
	}
	return 0
}

// Explain adds a plain sentence to the error of a file that SQLite cannot use.
func Explain(err error) error {
	switch Code(err) {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("it is damaged, or not a SQLite database: %w", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("it is damaged: %w", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("it cannot be written: %w", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another program holds it: %w", err)
	}
	return err
}
