package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
)

// schemaDamage compares the tables of a database with those that so many
// migrations make, and returns what is missing. SQLite itself takes a
// column for what its name says, whatever that has become.
func schemaDamage(ctx context.Context, db *sql.DB, schema int) (string, error) {
	want, err := freshParts(ctx, schema)
	if err != nil {
		return "", err
	}
	got, err := parts(ctx, db)
	if err != nil {
		return "", err
	}
	for _, part := range want {
		if !slices.Contains(got, part) {
			return "the schema has no " + part, nil
		}
	}
	return "", nil
}

// knownParts are the parts of each schema that was asked for: []string by its
// number. A program asks once, its tests hundreds of times.
var knownParts sync.Map

// freshParts returns the parts of a database that so many migrations have made.
func freshParts(ctx context.Context, schema int) (_ []string, err error) {
	if known, ok := knownParts.Load(schema); ok {
		return known.([]string), nil
	}
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	fresh.SetMaxOpenConns(1) // each connection has a memory of its own
	files, err := migrationFiles()
	if err != nil {
		return nil, err
	}
	for i, file := range files[:schema] {
		if err := apply(ctx, fresh, file, i+1); err != nil {
			return nil, err
		}
	}
	want, err := parts(ctx, fresh)
	if err == nil {
		knownParts.Store(schema, want)
	}
	return want, err
}

// parts describes the columns of all tables and indexes, and what they enforce.
func parts(ctx context.Context, db *sql.DB) ([]string, error) {
	return query(ctx, db, scanString, `
		SELECT concat_ws(' ', 'column', t.name, c.name, c.type, c."notnull", c.dflt_value, c.pk)
			FROM sqlite_schema AS t, pragma_table_info(t.name) AS c WHERE t.type = 'table'
		UNION ALL
		SELECT concat_ws(' ', 'reference', t.name, f."table", f."from", f."to", f.on_delete)
			FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table'
		UNION ALL
		SELECT concat_ws(' ', 'index', t.name, i.name, i."unique", i.partial)
			FROM sqlite_schema AS t, pragma_index_list(t.name) AS i WHERE t.type = 'table'
		UNION ALL
		SELECT concat_ws(' ', 'column of an index', i.tbl_name, i.name, c.seqno, c.name)
			FROM sqlite_schema AS i, pragma_index_info(i.name) AS c WHERE i.type = 'index'`)
}
