package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// message is a row of the database or an entry of the history.
type message struct {
	seq     int64
	id      string
	room    string // the room in the row or entry
	kind    string
	session string // empty in the history
	cid     string
	sha     string
	person  string // the subject of a notice
	topic   string // the topic of a notice: entered, left …
}

// contents is the checked part of the database.
type contents struct {
	heads    map[string]int64     // by room: the seq of the newest message
	messages map[string][]message // by room, ordered by seq
}

// textDigest returns the digest of a message in a ledger: the first 16 hexadecimal digits
// of the SHA-256 of its text, or of the name of its GIF.
func textDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// openDatabase opens an existing database, which another program may have open. mode is
// ro or rw.
func openDatabase(path, mode string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {mode}, "_pragma": {"busy_timeout(10000)", "foreign_keys(ON)"}, "_txlock": {"immediate"}}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
}

func readDatabase(ctx context.Context, path string) (_ contents, err error) {
	db, err := openDatabase(path, "ro")
	if err != nil {
		return contents{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c := contents{heads: make(map[string]int64), messages: make(map[string][]message)}
	rows, err := db.QueryContext(ctx, "SELECT id, head FROM rooms")
	if err != nil {
		return contents{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var room string
		var head int64
		if err := rows.Scan(&room, &head); err != nil {
			return contents{}, err
		}
		c.heads[room] = head
	}
	if err := rows.Err(); err != nil {
		return contents{}, err
	}
	return c, c.readMessages(ctx, db)
}

func (c *contents) readMessages(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT room, seq, id, kind, session, client_id, text, gif_name, person, topic FROM messages ORDER BY room, seq")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var m message
		var text, gif string
		if err := rows.Scan(&m.room, &m.seq, &m.id, &m.kind, &m.session, &m.cid, &text, &gif, &m.person, &m.topic); err != nil {
			return err
		}
		m.sha = textDigest(text + gif)
		c.messages[m.room] = append(c.messages[m.room], m)
	}
	return rows.Err()
}

// readHistory reads <room>.json for each room. The file has all messages that the
// server's GET /room/<id>/messages returned, over all pages.
func readHistory(folder fs.FS) (map[string][]message, error) {
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, err
	}
	history := make(map[string][]message)
	for _, name := range names {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		var list []struct {
			Seq      int64  `json:"seq"`
			Room     string `json:"room"`
			ID       string `json:"_id"`
			Kind     string `json:"kind"`
			ClientID string `json:"clientId"`
			Chat     string `json:"chat"`
			GIF      string `json:"gif"`
		}
		if err := json.Unmarshal(b, &list); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		room := strings.TrimSuffix(name, ".json")
		history[room] = []message{}
		for _, m := range list {
			history[room] = append(history[room], message{seq: m.Seq, id: m.ID, room: m.Room, kind: m.Kind, cid: m.ClientID, sha: textDigest(m.Chat + m.GIF)})
		}
	}
	return history, nil
}

// checkIntegrity checks a whole database with its indexes.
func checkIntegrity(ctx context.Context, path string) (err error) {
	db, err := openDatabase(path, "rw")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var answer string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		return errors.New(answer)
	}
	return nil
}

// fill adds messages of the room's owner in one transaction, one per second up to now. The
// texts and client ids are "name 1", "name 2" …. The rows have checksums, as those of the
// server have. A server may have the database open.
func fill(ctx context.Context, path, room, name string, n int) (err error) {
	db, err := openDatabase(path, "rw")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	prefix := make([]byte, 6) // prefix of the ids: inserts in order are fast
	if _, err := rand.Read(prefix); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, `
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1),
		added AS (SELECT ?5 || printf('%012x', i) AS id, r.id AS room, r.head + i AS seq, r.owner AS color, r.owner_session AS session,
			?2 || ' ' || i AS text, ?3 - (?1 - i) * 1000 AS created_at FROM n, rooms AS r WHERE r.id = ?4)
		INSERT INTO messages (id, room, seq, kind, color, session, text, client_id, created_at,
			gif_name, gif_width, gif_height, gif_frames, gif_bytes, gif_alt, sum)
		SELECT id, room, seq, 'text', color, session, text, text, created_at,
			'', 0, 0, 0, 0, '', sum_of(id, room, color, session, text, seq, created_at)
		FROM added`, n, name, time.Now().UnixMilli(), room, hex.EncodeToString(prefix))
	if err != nil {
		return err
	}
	updated, err := tx.ExecContext(ctx, "UPDATE rooms SET head = head + ? WHERE id = ?", n, room)
	if err != nil {
		return err
	}
	if rows, err := updated.RowsAffected(); err != nil || rows != 1 {
		return errors.Join(fmt.Errorf("no room %q", room), err)
	}
	return tx.Commit()
}

// shiftTime moves the time of a room's newest message, as a changed clock does. The row
// then has no checksum.
func shiftTime(ctx context.Context, path, room string, by time.Duration) (err error) {
	db, err := openDatabase(path, "rw")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `UPDATE messages SET created_at = created_at + ?1, sum = 0
		WHERE room = ?2 AND seq = (SELECT max(seq) FROM messages WHERE room = ?2)`, by.Milliseconds(), room)
	return err
}
