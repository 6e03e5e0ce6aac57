package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks a database as ours ("gifc"), so that another program's
// is not taken for one: https://www.sqlite.org/pragma.html#pragma_application_id
const applicationID = 0x67696663

// requireVersion refuses a SQLite before 3.51.3, the first one whose
// write-ahead log two connections cannot corrupt:
// https://www.sqlite.org/wal.html#walresetbug
func requireVersion(text string) error {
	version := make([]int, 3)
	if _, err := fmt.Sscanf(text, "%d.%d.%d", &version[0], &version[1], &version[2]); err != nil {
		return fmt.Errorf("SQLite %q: %w", text, err)
	}
	if slices.Compare(version, []int{3, 51, 3}) < 0 {
		return fmt.Errorf("SQLite %s can lose data: 3.51.3 or newer is needed", text)
	}
	return nil
}

// migrationFiles are the migrations that this program knows, in order.
func migrationFiles() ([]string, error) { return fs.Glob(migrations, "migrations/*.sql") }

// migrate checks whose database it is and runs the migrations that it has not
// seen, each with its number in one transaction. No migration loses a message. A
// program that knows fewer of them refuses the result. A database without any is
// begun if mayBegin agrees.
func migrate(ctx context.Context, db *sql.DB, mayBegin func() error) error {
	files, err := migrationFiles()
	if err != nil {
		return err
	}
	var library string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&library); err != nil {
		return err
	}
	if err := requireVersion(library); err != nil {
		return err
	}
	at, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if at > len(files) {
		return fmt.Errorf("its schema is number %d, this program knows %d: use the newer program", at, len(files))
	}
	if at == 0 {
		if err := mayBegin(); err != nil {
			return err
		}
	}
	for i, file := range files[at:] {
		if err := apply(ctx, db, file, at+i+1); err != nil {
			return fmt.Errorf("%s: %w", path.Base(file), err)
		}
	}
	return nil
}

// schemaVersion returns how many migrations the database has seen.
func schemaVersion(ctx context.Context, db *sql.DB) (int, error) {
	var owner, version, tables int
	err := db.QueryRowContext(ctx, `
		SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`).Scan(&owner, &version, &tables)
	if err != nil {
		return 0, err
	}
	if owner != applicationID && tables > 0 {
		return 0, errors.New("it is another program's database")
	}
	return version, nil
}

// computed is the Go code that follows a migration's SQL script in its transaction,
// by the name of the script without its number. It computes what SQL cannot.
var computed = map[string]func(context.Context, *sql.Tx) error{
	"nick_keys.sql": computeNickKeys,
}

func apply(ctx context.Context, db *sql.DB, file string, version int) error {
	script, err := migrations.ReadFile(file)
	if err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// Both settings are part of the transaction.
	settings := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, version)
	if _, err := tx.ExecContext(ctx, string(script)+settings); err != nil {
		return err
	}
	_, name, _ := strings.Cut(path.Base(file), "_")
	if compute := computed[name]; compute != nil {
		if err := compute(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}
