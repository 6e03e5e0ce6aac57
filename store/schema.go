package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// schemaDamage compares the tables of a database with those that as many
// migrations make, and returns what is not the same. SQLite itself takes a
// column for what its name says, whatever that has become.
func schemaDamage(ctx context.Context, db *sql.DB, schema int) (_ string, err error) {
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	fresh.SetMaxOpenConns(1) // each connection has a memory of its own
	files, err := migrationFiles()
	if err != nil {
		return "", err
	}
	if schema > len(files) {
		return "", nil // a newer program knows
	}
	for i, file := range files[:schema] {
		if err := apply(ctx, fresh, file, i+1); err != nil {
			return "", err
		}
	}
	want, err := columns(ctx, fresh)
	if err != nil {
		return "", err
	}
	got, err := columns(ctx, db)
	if err != nil {
		return "", err
	}
	for _, column := range want {
		if !slices.Contains(got, column) {
			return "the schema has no column " + column, nil
		}
	}
	return "", nil
}

// columns describes the columns of all tables and indexes.
func columns(ctx context.Context, db *sql.DB) ([]string, error) {
	return query(ctx, db, scanString, `
		SELECT concat_ws(' ', t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk)
			FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'
		UNION ALL
		SELECT concat_ws(' ', i.tbl_name, i.name, c.seqno, c.name)
			FROM sqlite_schema AS i, pragma_index_info(i.name) AS c WHERE i.type = 'index'`)
}
