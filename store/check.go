package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
)

// summing is the number of the schema since which rows have sums.
const summing = 7

// check reads a whole database and returns "ok", or the first thing that is
// damaged: what SQLite finds, which does not know what was in a row, and then
// the rows that are not as they were written.
func check(ctx context.Context, db *sql.DB, schema int) string {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return err.Error()
	}
	if verdict != "ok" {
		return verdict
	}
	damage, err := schemaDamage(ctx, db, schema)
	if err != nil {
		return err.Error()
	}
	if damage != "" || schema < summing {
		return cmp.Or(damage, "ok")
	}
	for _, rows := range []struct {
		query string
		sound func(scanner) (string, error)
	}{
		// Not by an index, in which a column is a second time.
		{"SELECT " + messageColumns + " FROM messages NOT INDEXED WHERE sum <> 0", soundMessage},
		{"SELECT " + ownWhisperColumns + " FROM whispers AS w NOT INDEXED WHERE sum <> 0", soundWhisper},
	} {
		damage, err := firstDamage(ctx, db, rows.query, rows.sound)
		if err != nil {
			return err.Error()
		}
		if damage != "" {
			return damage
		}
	}
	return "ok"
}

// firstDamage reads rows until one is not sound, and returns what that says.
func firstDamage(ctx context.Context, db *sql.DB, query string, sound func(scanner) (string, error)) (string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		if damage, err := sound(rows); err != nil || damage != "" {
			return damage, err
		}
	}
	return "", rows.Err()
}

func soundMessage(row scanner) (string, error) {
	m, sound, err := scanAnyMessage(row)
	if err != nil || sound {
		return "", err
	}
	return fmt.Sprintf("message %d of room %s is not as it was written", m.Seq, m.Room), nil
}

func soundWhisper(row scanner) (string, error) {
	w, sound, err := scanOwnWhisper(row)
	if err != nil || sound {
		return "", err
	}
	return fmt.Sprintf("whisper %s of room %s is not as it was written", w.ID, w.Room), nil
}

// Check reads the whole database and returns an error if it is damaged. It
// takes seconds for each gigabyte.
func (s *SQLite) Check(ctx context.Context) error {
	schema, err := schemaVersion(ctx, s.read)
	if err != nil {
		return fmt.Errorf("check database: %w", readable(err))
	}
	if verdict := check(ctx, s.read, schema); verdict != "ok" {
		return fmt.Errorf("check database: %s", verdict)
	}
	return nil
}
