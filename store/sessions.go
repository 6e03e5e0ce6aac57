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

// expiredPerSave is the number of expired sessions that each new session deletes.
// With more than one, expired sessions cannot accumulate.
const expiredPerSave = 8

// LoadSession returns the data of a session. It returns nil if the session does
// not exist or has expired.
func (s *SQLite) LoadSession(ctx context.Context, id string) ([]byte, error) {
	var data []byte
	err := s.read.QueryRowContext(ctx, "SELECT data FROM sessions WHERE key = ? AND expires > ?",
		sessionKey(id), toMillis(time.Now())).Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load session: %w", unavailable(err))
	case data == nil: // the driver returns nil for an empty value
		return []byte{}, nil
	}
	return data, nil
}

// SaveSession stores a visitor's session for the time ttl, in place of its
// earlier data. It returns false, and changes nothing, if the session has been
// renewed.
func (s *SQLite) SaveSession(ctx context.Context, id, visitor string, data []byte, ttl time.Duration) (saved bool, err error) {
	now := time.Now()
	err = s.write.do(ctx, func(tx *transaction) error {
		_, err := tx.exec(`DELETE FROM sessions WHERE key IN
			(SELECT key FROM sessions WHERE expires <= ? ORDER BY expires LIMIT ?)`, toMillis(now), expiredPerSave)
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

// RefreshSession is SaveSession for an existing session. It returns false, and
// changes nothing, if the session does not exist, has expired or was renewed.
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

// RenewSession stores the session id as the successor of the session before,
// which expires after grace. It returns false, and changes nothing, if before
// does not exist, has expired or was renewed.
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

// DeleteVisitor deletes all sessions of a visitor. A visitor may have none.
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

// LiveSessions reports for each id whether the session exists and has not expired.
func (s *SQLite) LiveSessions(ctx context.Context, ids []string) ([]bool, error) {
	return s.live(ctx, ids, `SELECT ids.key FROM json_each(?) AS ids
		JOIN sessions ON sessions.key = unhex(ids.value) WHERE expires > ?`)
}

// LiveVisitors reports for each visitor whether a session exists that has neither
// expired nor been renewed.
func (s *SQLite) LiveVisitors(ctx context.Context, visitors []string) ([]bool, error) {
	return s.live(ctx, visitors, `SELECT ids.key FROM json_each(?) AS ids
		JOIN sessions ON visitor = unhex(ids.value) OR sessions.key = unhex(ids.value)
		WHERE expires > ? AND superseded = 0`)
}

// live reports for each id whether selectLive returns its index.
func (s *SQLite) live(ctx context.Context, ids []string, selectLive string) ([]bool, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = hex.EncodeToString(sessionKey(id))
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	found, err := query(ctx, s.read, scanInt, selectLive, string(list), toMillis(time.Now()))
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

// changed reports whether a statement has changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// notNull replaces nil by an empty value: a nil result of LoadSession means that
// the session does not exist.
func notNull(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}

// sessionKey returns the hash under which a session is stored. A person who reads
// the database, or a copy of it, cannot use the sessions in it.
func sessionKey(id string) []byte {
	key := sha256.Sum256([]byte(id))
	return key[:]
}
