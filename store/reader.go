package store

import (
	"context"
	"database/sql"
	"sync"
)

// reader is the pool of read-only connections. It keeps a prepared statement for
// each query text, because SQLite takes longer to parse a query than to run it. The
// texts are constants of this package, so the number of statements is small.
type reader struct {
	*sql.DB
	prepared sync.Map // query text to *sql.Stmt; closed with the DB
}

// QueryContext runs a query with its prepared statement.
func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := r.prepare(ctx, query) //nolint:sqlclosecheck // DB.Close closes it
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row with its prepared statement.
func (r *reader) QueryRowContext(ctx context.Context, query string, args ...any) scanner {
	stmt, err := r.prepare(ctx, query) //nolint:sqlclosecheck // DB.Close closes it
	if err != nil {
		return failure{err}
	}
	return stmt.QueryRowContext(ctx, args...)
}

func (r *reader) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := r.prepared.Load(query); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := r.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if earlier, ok := r.prepared.LoadOrStore(query, stmt); ok {
		return earlier.(*sql.Stmt), stmt.Close() //nolint:sqlclosecheck // another goroutine was faster
	}
	return stmt, nil
}
