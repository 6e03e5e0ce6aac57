package store

import (
	"context"
	"database/sql"
	"errors"
)

// transaction runs all transactions of the writer, one after another on the same
// connection. Its statements stay prepared between transactions, which those of
// database/sql do not, and which saves more than half of the cost of a message.
type transaction struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	first    bool // no transaction was committed since the database was opened
	executed int  // statements; benchmarks report it
}

// run calls f in a transaction, and commits it if f returns nil. Its statements have no
// context: a caller that gives up must not roll back the changes of others.
func (t *transaction) run(f func() error) error {
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := t.endFormerPresence()
	if err == nil {
		err = f()
	}
	if err == nil {
		_, err = t.exec("COMMIT")
	}
	if err != nil {
		// This fails if SQLite has rolled back by itself:
		// https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
		_, _ = t.exec("ROLLBACK")
	}
	t.first = t.first && err != nil
	return err
}

// endFormerPresence deletes, in the first transaction, the people who are still present
// through a process that has ended: one process owns a data folder
// (docs/decisions/0018). Opening a database must not write, because a server has to
// start on a full disk.
func (t *transaction) endFormerPresence() error {
	if !t.first {
		return nil
	}
	_, err := t.exec("DELETE FROM presence")
	return err
}

func (t *transaction) exec(query string, args ...any) (sql.Result, error) {
	stmt, err := t.prepare(query) //nolint:sqlclosecheck // close closes all statements
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.Background(), args...)
}

func (t *transaction) queryRow(query string, args ...any) scanner {
	stmt, err := t.prepare(query) //nolint:sqlclosecheck // close closes all statements
	if err != nil {
		return failure{err}
	}
	return stmt.QueryRowContext(context.Background(), args...)
}

func (t *transaction) query(query string, args ...any) (*sql.Rows, error) {
	stmt, err := t.prepare(query) //nolint:sqlclosecheck // close closes all statements
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(context.Background(), args...)
}

func (t *transaction) prepare(query string) (*sql.Stmt, error) {
	t.executed++
	if stmt := t.prepared[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.conn.PrepareContext(context.Background(), query)
	if err == nil {
		t.prepared[query] = stmt
	}
	return stmt, err
}

// close returns the connection. An open statement would keep the file open and its log
// from being moved into it.
func (t *transaction) close() error {
	var errs []error
	for _, stmt := range t.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, t.conn.Close())...)
}

// failure is the row of a query that could not be prepared.
type failure struct{ err error }

func (f failure) Scan(...any) error { return f.err }
