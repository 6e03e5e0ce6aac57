package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// summing is the number of the schema since which rows have sums.
const summing = 7

// ok is SQLite's word for a database in which it finds nothing.
const ok = "ok"

// check reads a whole database and returns ok, or the first thing that SQLite
// finds, whose tables and indexes then cannot be relied on.
func check(ctx context.Context, db *sql.DB, schema int) (string, error) {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil || verdict != ok {
		return verdictOf(verdict, err)
	}
	damage, err := schemaDamage(ctx, db, schema)
	return verdictOf(cmp.Or(damage, ok), err)
}

// checkSums reads all that was said and returns the first of it that is not as
// it was written, if anything. SQLite does not know what was in a row.
func checkSums(ctx context.Context, db *sql.DB) (string, error) {
	columns, err := knownMessageColumns(ctx, db)
	if err != nil {
		return verdictOf("", err)
	}
	// Not by an index, in which a column is a second time.
	damage, err := firstDamage(ctx, db, "SELECT "+columns+" FROM messages NOT INDEXED WHERE sum <> 0", damageOfMessage)
	if err == nil && damage == "" {
		damage, err = firstDamage(ctx, db, "SELECT "+ownWhisperColumns+" FROM whispers AS w NOT INDEXED WHERE sum <> 0", damageOfWhisper)
	}
	return verdictOf(damage, err)
}

// knownMessageColumns returns messageColumns as they can be read from a database
// that the next start of the server has yet to migrate.
func knownMessageColumns(ctx context.Context, db *sql.DB) (string, error) {
	var there bool
	err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pragma_table_info('messages') WHERE name = 'said')").Scan(&there)
	if there {
		return messageColumns, err
	}
	return strings.Replace(messageColumns, " said,", " 0,", 1), err
}

// verdictOf makes a verdict of SQLite's refusal to read any further. Other
// errors say nothing about the database.
func verdictOf(verdict string, err error) (string, error) {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT:
		return err.Error(), nil
	}
	return verdict, err
}

// firstDamage reads rows until one has damage.
func firstDamage(ctx context.Context, db *sql.DB, query string, damageOf func(scanner) (string, error)) (string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		damage, err := damageOf(rows)
		if err != nil && ctx.Err() == nil && code(err) == 0 { // a column is of another type
			damage, err = "a row cannot be read: "+err.Error(), nil
		}
		if err != nil || damage != "" {
			return damage, err
		}
	}
	return "", rows.Err()
}

func damageOfMessage(row scanner) (string, error) {
	m, sound, err := scanAnyMessage(row)
	if err != nil || sound {
		return "", err
	}
	return fmt.Sprintf("message %d of room %s is not as it was written", m.Seq, m.Room), nil
}

func damageOfWhisper(row scanner) (string, error) {
	w, sound, err := scanOwnWhisper(row)
	if err != nil || sound {
		return "", err
	}
	return fmt.Sprintf("whisper %d of room %s is not as it was written", w.FromSeq, w.Room), nil
}
