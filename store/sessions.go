package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
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

// SaveSession keeps the data of a session until ttl is over, instead of what
// was kept before.
func (s *SQLite) SaveSession(ctx context.Context, id string, data []byte, ttl time.Duration) error {
	now := time.Now()
	if data == nil {
		data = []byte{} // LoadSession's nil means that there is no session
	}
	err := s.write.do(ctx, func(tx *transaction) error {
		_, err := tx.exec(`DELETE FROM sessions WHERE key IN
			(SELECT key FROM sessions WHERE expires <= ? ORDER BY expires LIMIT ?)`, toMillis(now), sweepSessions)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO sessions (key, data, expires) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET data = excluded.data, expires = excluded.expires`,
			sessionKey(id), data, toMillis(now.Add(ttl)))
		return err
	})
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}

// DeleteSession ends a session. One that there is not is no error.
func (s *SQLite) DeleteSession(ctx context.Context, id string) error {
	err := s.write.do(ctx, func(tx *transaction) error {
		_, err := tx.exec("DELETE FROM sessions WHERE key = ?", sessionKey(id))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// sessionKey hides a session's id: who reads the database, or a copy of it, can
// open nobody's session.
func sessionKey(id string) []byte {
	key := sha256.Sum256([]byte(id))
	return key[:]
}
