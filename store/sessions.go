package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// sweepSessions is how many expired sessions go whenever one is saved. More
// than one makes sure that they cannot pile up.
const sweepSessions = 8

// LoadSession returns the data of a session, or nil if there is none or it has
// expired.
func (s *SQLite) LoadSession(ctx context.Context, id string) ([]byte, error) {
	var data []byte
	err := s.read.QueryRowContext(ctx, "SELECT data FROM sessions WHERE key = ? AND expires > ?",
		sessionKey(id), toMillis(time.Now())).Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load session: %w", unavailable(err))
	case data == nil: // the driver's word for an empty value
		return []byte{}, nil
	}
	return data, nil
}

// SaveSession keeps the data of a visitor's session until ttl is over, instead
// of what was kept before. It returns false, and changes nothing, if the session
// has been renewed.
func (s *SQLite) SaveSession(ctx context.Context, id, visitor string, data []byte, ttl time.Duration) (saved bool, err error) {
	now := time.Now()
	err = s.write.do(ctx, func(tx *transaction) error {
		_, err := tx.exec(`DELETE FROM sessions WHERE key IN
			(SELECT key FROM sessions WHERE expires <= ? ORDER BY expires LIMIT ?)`, toMillis(now), sweepSessions)
		if err != nil {
			return err
		}
		saved, err = changed(tx.exec(`INSERT INTO sessions (key, visitor, data, expires) VALUES (?, ?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET data = excluded.data, expires = excluded.expires WHERE superseded = 0`,
			sessionKey(id), sessionKey(visitor), notNull(data), toMillis(now.Add(ttl))))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("save session: %w", err)
	}
	return saved, nil
}

// RefreshSession is SaveSession for a session that there was: it also returns
// false if there is none any more.
func (s *SQLite) RefreshSession(ctx context.Context, id string, data []byte, ttl time.Duration) (kept bool, err error) {
	now := time.Now()
	err = s.write.do(ctx, func(tx *transaction) error {
		kept, err = changed(tx.exec("UPDATE sessions SET data = ?, expires = ? WHERE key = ? AND superseded = 0 AND expires > ?",
			notNull(data), toMillis(now.Add(ttl)), sessionKey(id), toMillis(now)))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("refresh session: %w", err)
	}
	return kept, nil
}

// RenewSession puts the session id in the place of before, which is good for
// grace and no longer. It returns false, and changes nothing, if before is no
// more or has been renewed already.
func (s *SQLite) RenewSession(ctx context.Context, before, id, visitor string, data []byte, ttl, grace time.Duration) (renewed bool, err error) {
	now := time.Now()
	err = s.write.do(ctx, func(tx *transaction) error {
		renewed, err = changed(tx.exec(`UPDATE sessions SET superseded = 1, expires = min(expires, ?1)
			WHERE key = ?2 AND superseded = 0 AND expires > ?3`,
			toMillis(now.Add(grace)), sessionKey(before), toMillis(now)))
		if err != nil || !renewed {
			return err
		}
		_, err = tx.exec("INSERT INTO sessions (key, visitor, data, expires) VALUES (?, ?, ?, ?)",
			sessionKey(id), sessionKey(visitor), notNull(data), toMillis(now.Add(ttl)))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("renew session: %w", err)
	}
	return renewed, nil
}

// DeleteVisitor ends all sessions of a visitor. One without any is no error.
func (s *SQLite) DeleteVisitor(ctx context.Context, visitor string) error {
	err := s.write.do(ctx, func(tx *transaction) error {
		_, err := tx.exec("DELETE FROM sessions WHERE visitor = ?1 OR key = ?1", sessionKey(visitor))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete sessions: %w", err)
	}
	return nil
}

// LiveSessions tells of each id whether there is such a session.
func (s *SQLite) LiveSessions(ctx context.Context, ids []string) ([]bool, error) {
	return s.live(ctx, ids, `SELECT ids.key FROM json_each(?) AS ids
		JOIN sessions ON sessions.key = unhex(ids.value) WHERE expires > ?`)
}

// LiveVisitors tells of each visitor whether it has a session that has not been
// renewed.
func (s *SQLite) LiveVisitors(ctx context.Context, visitors []string) ([]bool, error) {
	return s.live(ctx, visitors, `SELECT ids.key FROM json_each(?) AS ids
		JOIN sessions ON visitor = unhex(ids.value) OR sessions.key = unhex(ids.value)
		WHERE expires > ? AND superseded = 0`)
}

// live asks for the indices of those that there are.
func (s *SQLite) live(ctx context.Context, ids []string, question string) ([]bool, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = hex.EncodeToString(sessionKey(id))
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	found, err := query(ctx, s.read, scanInt, question, string(list), toMillis(time.Now()))
	if err != nil {
		return nil, fmt.Errorf("look for sessions: %w", err)
	}
	live := make([]bool, len(ids))
	for _, i := range found {
		live[i] = true
	}
	return live, nil
}

func scanInt(row scanner) (n int, err error) {
	err = row.Scan(&n)
	return n, err
}

// changed tells whether a statement has changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// notNull keeps a session without data from being none: LoadSession's nil means
// that there is no session.
func notNull(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}

// sessionKey hides a session's id: who reads the database, or a copy of it, can
// open nobody's session.
func sessionKey(id string) []byte {
	key := sha256.Sum256([]byte(id))
	return key[:]
}
