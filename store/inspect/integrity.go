package inspect

import (
	"cmp"
	"context"

	sqlite3 "modernc.org/sqlite/lib"

	"gifchat/store"
	"gifchat/store/internal/sqliteerr"
)

// ok is the result of SQLite's integrity_check for an intact database.
const ok = "ok"

// checkIntegrity reads the whole database and returns ok, or the first fault that
// SQLite finds. After a fault, no table or index can be relied on.
func checkIntegrity(ctx context.Context, db *store.ReadOnly) (string, error) {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found); err != nil || found != ok {
		return damageOrError(found, err)
	}
	missing, err := missingSchemaPart(ctx, db)
	return damageOrError(cmp.Or(missing, ok), err)
}

// checkRows returns a description of the first row whose checksum is wrong, or "".
func checkRows(ctx context.Context, db *store.ReadOnly) (string, error) {
	damage, err := db.DamagedRow(ctx)
	return damageOrError(damage, err)
}

// damageOrError returns an error of SQLite that means a damaged file as a
// description. Other errors mean nothing about the file and stay errors.
func damageOrError(damage string, err error) (string, error) {
	switch sqliteerr.Code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT:
		return err.Error(), nil
	}
	return damage, err
}
