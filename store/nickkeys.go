package store

import (
	"context"
	"database/sql"
	"errors"

	"gifchat/rooms"
)

// storedName returns a member's name in the database, or "" without one.
func storedName(tx *transaction, m rooms.Member) (string, error) {
	var nick string
	err := tx.queryRow("SELECT nick FROM members WHERE room = ? AND session = ?", m.Room, m.Session).Scan(&nick)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return nick, err
}

// claimName reports whether m's name differs from the stored one. It returns
// rooms.ErrNickTaken if the new name looks like another member's name. The caller
// stores the name in the same transaction of the only writer. So two names of a
// room share a key only if both are older than a stricter rule.
func claimName(tx *transaction, m rooms.Member, stored string) (renamed bool, err error) {
	if m.Nick == stored {
		return false, nil
	}
	for _, key := range rooms.NickKeys(m.Nick) {
		var taken bool
		err := tx.queryRow("SELECT EXISTS (SELECT 1 FROM nick_keys WHERE room = ? AND key = ? AND session <> ?)",
			m.Room, key, m.Session).Scan(&taken)
		if err != nil {
			return false, err
		}
		if taken {
			return false, rooms.ErrNickTaken
		}
	}
	return true, nil
}

// storeKeys replaces the keys of a member's name. The member's row must exist.
func storeKeys(tx *transaction, m rooms.Member) error {
	if _, err := tx.exec("DELETE FROM nick_keys WHERE room = ? AND session = ?", m.Room, m.Session); err != nil {
		return err
	}
	for _, key := range rooms.NickKeys(m.Nick) {
		if _, err := tx.exec(insertNickKey, m.Room, m.Session, key); err != nil {
			return err
		}
	}
	return nil
}

const insertNickKey = "INSERT INTO nick_keys (room, session, key) VALUES (?, ?, ?)"

// nickKeyBatch is the number of names that computeNickKeys reads in one query.
const nickKeyBatch = 1000

// named is a member and the member's name.
type named struct{ room, session, nick string }

// computeNickKeys fills the empty table nick_keys with the keys of all names, for
// the migration nick_keys. Members whose names share a key keep their names.
func computeNickKeys(ctx context.Context, tx *sql.Tx) (err error) {
	insert, err := tx.PrepareContext(ctx, insertNickKey)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for last := (named{}); ; {
		rows, err := tx.QueryContext(ctx, `SELECT room, session, nick FROM members
			WHERE nick <> '' AND (room, session) > (?, ?) ORDER BY room, session LIMIT ?`, last.room, last.session, nickKeyBatch)
		if err != nil {
			return err
		}
		members, err := collect(rows, func(row scanner) (n named, err error) {
			err = row.Scan(&n.room, &n.session, &n.nick)
			return n, err
		})
		if err != nil || len(members) == 0 {
			return err
		}
		for _, last = range members {
			for _, key := range rooms.NickKeys(last.nick) {
				if _, err := insert.ExecContext(ctx, last.room, last.session, key); err != nil {
					return err
				}
			}
		}
	}
}
