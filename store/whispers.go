package store

import (
	"context"
	"database/sql"
	"errors"

	"gifchat/rooms"
)

const (
	ownWhisperColumns = `w.id, w.room, w.sender, w.receiver, w.sender_seq, w.receiver_seq, w.sender_nick, w.text,
		w.client_id, w.created_at, w.sum`
	whisperColumns = ownWhisperColumns + ", f.color, t.color, t.nick"
	// CROSS JOIN makes SQLite read the whispers first and look up their members:
	// https://www.sqlite.org/optoverview.html#crossjoin
	fromWhispers = ` FROM whispers AS w
		CROSS JOIN members AS f ON f.room = w.room AND f.session = w.sender
		CROSS JOIN members AS t ON t.room = w.room AND t.session = w.receiver `

	selectSent     = "SELECT " + whisperColumns + ", w.sender_seq AS position" + fromWhispers
	selectReceived = "SELECT " + whisperColumns + ", w.receiver_seq AS position" + fromWhispers
)

// selectWhispers merges the sent and the received whispers of a member. An index
// has each list in order, so SQLite reads no more than the limit. With OR in
// place of UNION ALL it would read and sort the whole list. The last condition
// keeps a whisper to oneself, which the service refuses, from appearing twice.
const selectWhispers = selectSent + "WHERE w.room = ?1 AND w.sender = ?2 AND w.sender_seq > ?3 UNION ALL " +
	selectReceived + "WHERE w.room = ?1 AND w.receiver = ?2 AND w.receiver_seq > ?3 AND w.sender <> ?2 ORDER BY position LIMIT ?4"

// scanWhisper reads a whisper with its sender and receiver. If the checksum is
// wrong, it returns the whisper that is shown in its place.
func scanWhisper(row scanner) (rooms.Whisper, error) {
	var from, to rooms.Color
	var nick string
	var position int64
	w, intact, err := scanOwnWhisper(row, &from, &to, &nick, &position)
	if !intact {
		w = damagedWhisper(w)
	}
	w.From.Color, w.To.Color, w.To.Nick = from, to, nick
	return w, err
}

// scanOwnWhisper reads ownWhisperColumns, and further columns into more. It
// reports whether the checksum is right.
func scanOwnWhisper(row scanner, more ...any) (w rooms.Whisper, intact bool, err error) {
	var created, sum int64
	err = row.Scan(append([]any{
		&w.ID, &w.Room, &w.From.Session, &w.To.Session, &w.FromSeq, &w.ToSeq, &w.From.Nick,
		&w.Text, &w.ClientID, &created, &sum,
	}, more...)...)
	if err != nil {
		return rooms.Whisper{}, true, err
	}
	w.From.Room, w.To.Room = w.Room, w.Room
	w.CreatedAt = fromMillis(created)
	return w, sum == 0 || sum == whisperChecksum(w), nil
}

// AddWhisper implements rooms.Store.
func (s *SQLite) AddWhisper(ctx context.Context, w rooms.Whisper) (rooms.Whisper, bool, error) {
	var stored rooms.Whisper
	var again bool
	err := s.write.do(ctx, func(tx *transaction) error {
		again = false // a change can run twice
		if w.ClientID != "" {
			first, err := scanWhisper(tx.queryRow(selectSent+
				"WHERE w.room = ? AND w.sender = ? AND w.client_id = ? AND w.client_id <> ''", w.Room, w.From.Session, w.ClientID))
			if !errors.Is(err, sql.ErrNoRows) {
				stored, again = first, true
				return err
			}
		}
		if err := checkAuthority(tx, w.Room, w.Authority); errors.Is(err, rooms.ErrNotFound) {
			return rooms.ErrNoPerson
		} else if err != nil {
			return err
		}
		stored = w
		stored.Authority = 0
		stored.From = rooms.Member{Room: w.Room, Session: w.From.Session, Color: w.From.Color, Nick: w.From.Nick}
		stored.To = rooms.Member{Room: w.Room, Session: w.To.Session, Color: w.To.Color, Nick: w.To.Nick}
		for _, end := range []struct {
			session rooms.Session
			seq     *int64
		}{{w.From.Session, &stored.FromSeq}, {w.To.Session, &stored.ToSeq}} {
			err := tx.queryRow("UPDATE members SET whispers = whispers + 1 WHERE room = ? AND session = ? RETURNING whispers",
				w.Room, end.session).Scan(end.seq)
			if errors.Is(err, sql.ErrNoRows) {
				return undo(rooms.ErrNoPerson)
			}
			if err != nil {
				return err
			}
		}
		_, err := tx.exec(`INSERT INTO whispers (id, room, sender, receiver, sender_seq, receiver_seq, sender_nick, text,
			client_id, created_at, sum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			w.ID, w.Room, w.From.Session, w.To.Session, stored.FromSeq, stored.ToSeq, w.From.Nick, w.Text,
			w.ClientID, toMillis(w.CreatedAt), whisperChecksum(stored))
		return err
	})
	if err != nil {
		return rooms.Whisper{}, false, err
	}
	return stored, again, nil
}

// Whispers implements rooms.Store. A damaged whisper gets the time of the whisper
// before it.
func (s *SQLite) Whispers(ctx context.Context, id rooms.ID, session rooms.Session, after int64, limit int) ([]rooms.Whisper, error) {
	whispers, err := query(ctx, s.read, scanWhisper, selectWhispers, id, session, after, limit)
	setRoomAndTime(whispers, id)
	return whispers, err
}
