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

// migrationFiles are the migrations that this program knows, in order.
var migrationFiles, _ = fs.Glob(migrations, "migrations/*.sql") // the pattern is valid

// LatestSchema returns the schema version of this program: the number of
// migrations that it knows.
func LatestSchema() int { return len(migrationFiles) }

// applicationID marks a database as ours ("gifc"), so that the database of
// another program is refused: https://www.sqlite.org/pragma.html#pragma_application_id
const applicationID = 0x67696663

// RequireVersion returns an error for a SQLite older than 3.51.3, the first
// version whose write-ahead log two connections cannot corrupt:
// https://www.sqlite.org/wal.html#walresetbug
func RequireVersion(sqliteVersion string) error {
	version := make([]int, 3)
	if _, err := fmt.Sscanf(sqliteVersion, "%d.%d.%d", &version[0], &version[1], &version[2]); err != nil {
		return fmt.Errorf("SQLite %q: %w", sqliteVersion, err)
	}
	if slices.Compare(version, []int{3, 51, 3}) < 0 {
		return fmt.Errorf("SQLite %s can lose data: 3.51.3 or newer is needed", sqliteVersion)
	}
	return nil
}

// Migration describes what Open changed in the schema. In the zero Migration
// nothing was changed.
type Migration struct {
	From, To int    // schema versions
	Copy     string // path of the copy that was kept before; "" for a new database
}

// migrator brings the schema of a database up to date.
type migrator struct {
	db *sql.DB

	// checkEmpty returns an error for a database without tables, unless the database
	// is new.
	checkEmpty func() error

	// keep stores a copy of a database with data before migration number next
	// changes it, and returns the path of the copy.
	keep func(ctx context.Context, next int) (string, error)
}

// run checks that the database belongs to this program and applies the missing
// migrations. Each runs in one transaction, which also stores its number. A program
// that knows fewer migrations refuses the result.
func (m migrator) run(ctx context.Context) (Migration, error) {
	var library string
	if err := m.db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&library); err != nil {
		return Migration{}, err
	}
	if err := RequireVersion(library); err != nil {
		return Migration{}, err
	}
	from, err := schemaVersion(ctx, m.db)
	if err != nil {
		return Migration{}, err
	}
	done := Migration{From: from, To: LatestSchema()}
	switch {
	case from > done.To:
		return Migration{}, fmt.Errorf("its schema is number %d, this program knows %d: use the newer program", from, done.To)
	case from == done.To:
		return Migration{}, nil
	case from == 0:
		err = m.checkEmpty()
	default:
		done.Copy, err = m.keep(ctx, from+1)
	}
	if err != nil {
		return Migration{}, err
	}
	if err := applyMigrations(ctx, m.db, from, done.To); err != nil {
		if done.Copy != "" {
			err = fmt.Errorf("%w; a copy from before the migration is in %s", err, done.Copy)
		}
		return Migration{}, err
	}
	return done, nil
}

// schemaVersion returns the number of migrations that were applied to a database. It
// returns an error for the database of another program.
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

// computed has the Go code that follows a migration's SQL script in its
// transaction, for what SQL cannot compute. The key is the name of the script
// without its number.
var computed = map[string]func(context.Context, *sql.Tx) error{
	"nick_keys.sql": computeNickKeys,
}

// applyMigrations migrates a database from one schema version to another.
func applyMigrations(ctx context.Context, db *sql.DB, from, to int) error {
	for i, file := range migrationFiles[from:to] {
		if err := applyMigration(ctx, db, file, from+i+1); err != nil {
			return fmt.Errorf("%s: %w", path.Base(file), err)
		}
	}
	return nil
}

func applyMigration(ctx context.Context, db *sql.DB, file string, version int) error {
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

// EmptyDatabase returns a new database in memory with a schema version and no rows.
func EmptyDatabase(ctx context.Context, schema int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection has its own memory
	if err := applyMigrations(ctx, db, 0, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
