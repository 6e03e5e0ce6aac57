package inspect

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"gifchat/store"
)

// missingSchemaPart returns a description of the first column, reference or index
// that the migrations make and the database lacks, or "". SQLite does not check
// the names of columns: a damaged name is a valid name.
func missingSchemaPart(ctx context.Context, db *store.ReadOnly) (string, error) {
	want, err := expectedParts(ctx, min(db.Schema, store.LatestSchema()))
	if err != nil {
		return "", err
	}
	got, err := schemaParts(ctx, db.DB)
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

// partsBySchema caches the results of expectedParts ([]string) by schema version.
// The program needs one of them, its tests need them hundreds of times.
var partsBySchema sync.Map

// expectedParts returns the parts of a new database with a schema version.
func expectedParts(ctx context.Context, schema int) (_ []string, err error) {
	if cached, ok := partsBySchema.Load(schema); ok {
		return cached.([]string), nil
	}
	db, err := store.EmptyDatabase(ctx, schema)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	parts, err := schemaParts(ctx, db)
	if err == nil {
		partsBySchema.Store(schema, parts)
	}
	return parts, err
}

// schemaParts describes the columns, references and indexes of all tables.
func schemaParts(ctx context.Context, db *sql.DB) (parts []string, err error) {
	rows, err := db.QueryContext(ctx, `
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
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var part string
		if err := rows.Scan(&part); err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, rows.Err()
}
