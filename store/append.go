package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"

	"gifchat/rooms"
)

// maxRows is the maximum of rows that one statement inserts or looks for.
const maxRows = 64

// rowCounts are the numbers of rows for which statements are prepared: a batch of 20
// messages is inserted as 16 rows and 4.
var rowCounts = [...]int{maxRows, 16, 4, 1}

// AddMessages implements rooms.Store.
func (s *SQLite) AddMessages(ctx context.Context, id rooms.ID, messages []rooms.Message) ([]rooms.Stored, error) {
	var stored []rooms.Stored
	err := s.write.do(ctx, func(tx *transaction) (err error) {
		stored, err = addMessages(tx, id, messages)
		return err
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// addMessages reserves the numbers of a batch with one UPDATE and inserts its rows with
// few INSERTs (see rowCounts). Only if a client id is stored already, it starts again and
// looks for the client ids first.
func addMessages(tx *transaction, id rooms.ID, messages []rooms.Message) ([]rooms.Stored, error) {
	authority, err := commonAuthority(messages)
	if err != nil {
		return nil, err
	}
	stored, err := insertBatch(tx, id, authority, messages, nil)
	if !errors.Is(err, errRepeated) {
		return stored, err
	}
	byClientID, err := firstMessages(tx, id, messages)
	if err != nil {
		return nil, err
	}
	return insertBatch(tx, id, authority, messages, byClientID)
}

// insertBatch inserts the messages whose client ids are not in byClientID, which has
// stored messages. For a message whose client id is there, it returns the stored message
// with Again set. It returns errRepeated, and writes nothing, if a client id is stored but
// not in byClientID.
func insertBatch(tx *transaction, id rooms.ID, authority int64, messages []rooms.Message, byClientID map[clientKey]*rooms.Message) ([]rooms.Stored, error) {
	if byClientID == nil {
		byClientID = make(map[clientKey]*rooms.Message, len(messages))
	}
	stored := make([]rooms.Stored, len(messages))
	added := make([]*rooms.Message, 0, len(messages))
	for i, m := range messages {
		key := clientKey{m.Session, m.ClientID}
		if stored[i].Again = byClientID[key] != nil; stored[i].Again {
			continue
		}
		m.Room, m.Authority = id, 0
		stored[i].Message = m
		added = append(added, &stored[i].Message)
		if m.ClientID != "" {
			byClientID[key] = &stored[i].Message // a later message of this batch may repeat it
		}
	}
	if err := insertNext(tx, id, authority, added); err != nil {
		return nil, err
	}
	for i, m := range messages {
		if stored[i].Again {
			stored[i].Message = *byClientID[clientKey{m.Session, m.ClientID}]
		}
	}
	return stored, nil
}

// errRepeated means that a message has a client id that is stored already.
var errRepeated = errors.New("client id is stored")

// clientKey identifies a message of a room by its sender's own name for it.
type clientKey struct {
	session  rooms.Session
	clientID string
}

// commonAuthority returns the authority version under which all messages were allowed.
// If the versions differ, at least one is outdated.
func commonAuthority(messages []rooms.Message) (int64, error) {
	var authority int64
	for _, m := range messages {
		switch {
		case m.Authority == 0 || m.Authority == authority:
		case authority != 0:
			return 0, rooms.ErrOutdated
		default:
			authority = m.Authority
		}
	}
	return authority, nil
}

// insertNext inserts messages under the next numbers of a room. It writes nothing if
// it returns rooms.ErrNotFound, rooms.ErrOutdated or errRepeated.
func insertNext(tx *transaction, id rooms.ID, authority int64, messages []*rooms.Message) error {
	if len(messages) == 0 {
		return checkAuthority(tx, id, authority)
	}
	seq, err := reserveSeqs(tx, id, authority, len(messages))
	if err != nil {
		return err
	}
	for i, m := range messages {
		m.Seq = seq + int64(i)
	}
	inserted, err := insertMessages(tx, messages)
	if err != nil || inserted == len(messages) {
		return err
	}
	if inserted > 0 {
		err = deleteInserted(tx, messages)
	}
	_, released := tx.exec("UPDATE rooms SET head = head - ? WHERE id = ?", len(messages), id)
	return cmp.Or(err, released, errRepeated)
}

// deleteInserted deletes the messages that this transaction has inserted. It compares
// id and seq: in a room whose head is damaged, an older message can have such a seq.
func deleteInserted(tx *transaction, messages []*rooms.Message) error {
	for _, m := range messages {
		if _, err := tx.exec("DELETE FROM messages WHERE id = ? AND seq = ?", string(m.ID), m.Seq); err != nil {
			return err
		}
	}
	return nil
}

// reserveSeqs reserves n numbers of a room and returns the first one. It writes
// nothing if it returns rooms.ErrNotFound, or rooms.ErrOutdated because the room has
// another authority version. Version 0 stands for any.
func reserveSeqs(tx *transaction, id rooms.ID, authority int64, n int) (first int64, err error) {
	var last int64
	err = tx.queryRow("UPDATE OR FAIL rooms SET head = head + ? WHERE id = ? AND gone = 0 AND ? IN (0, authority) RETURNING head",
		n, id, authority).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, checkAuthority(tx, id, authority)
	}
	return last - int64(n) + 1, unavailable(err)
}

// checkAuthority returns rooms.ErrNotFound if the room does not exist, and
// rooms.ErrOutdated if it has another authority version. Version 0 stands for any.
func checkAuthority(tx *transaction, id rooms.ID, authority int64) error {
	var current int64
	err := tx.queryRow("SELECT authority FROM rooms WHERE id = ? AND gone = 0", id).Scan(&current)
	if err == nil && authority != 0 && authority != current {
		return rooms.ErrOutdated
	}
	return noRowIsNotFound(err)
}

// raiseAuthority makes everything outdated that was allowed before.
func raiseAuthority(tx *transaction, id rooms.ID) error {
	_, err := tx.exec("UPDATE rooms SET authority = authority + 1 WHERE id = ?", id)
	return err
}

// insertTexts are the statements that insert messages, by their number of rows.
var insertTexts = textsByRows(func(rows int) string {
	row := "(?" + strings.Repeat(", ?", columnsOfMessage-1) + ")"
	return "INSERT OR FAIL INTO messages (" + messageColumns + ") VALUES " + row + strings.Repeat(", "+row, rows-1) +
		" ON CONFLICT (room, session, client_id) WHERE client_id <> '' DO NOTHING"
})

func textsByRows(text func(rows int) string) map[int]string {
	texts := make(map[int]string)
	for _, rows := range rowCounts {
		texts[rows] = text(rows)
	}
	return texts
}

// insertMessages inserts messages, except those that repeat a stored client id, and
// returns how many it inserted.
func insertMessages(tx *transaction, messages []*rooms.Message) (inserted int, err error) {
	args := make([]any, 0, min(len(messages), maxRows)*columnsOfMessage)
	for _, rows := range rowCounts {
		for ; len(messages) >= rows; messages = messages[rows:] {
			args = args[:0]
			for _, m := range messages[:rows] {
				args = appendColumns(args, m)
			}
			result, err := tx.exec(insertTexts[rows], args...)
			if err != nil {
				return 0, err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return 0, err
			}
			inserted += int(n)
		}
	}
	return inserted, nil
}

// insertMessage inserts a message, or returns errRepeated if its client id is stored.
func insertMessage(tx *transaction, m rooms.Message) error {
	inserted, err := insertMessages(tx, []*rooms.Message{&m})
	if err == nil && inserted == 0 {
		err = errRepeated
	}
	return err
}

// appendColumns appends the values of messageColumns.
func appendColumns(args []any, m *rooms.Message) []any {
	gif := gifOf(*m)
	return append(args,
		string(m.ID), string(m.Room), m.Seq, string(m.Kind), string(m.User), m.Nick, string(m.Session), m.Text, m.ClientID, toMillis(m.CreatedAt),
		m.Target, m.Edited, m.Said, string(m.Topic), string(m.Person),
		int64(m.Face), m.Reply, m.Detail,
		gif.Name, int64(gif.Width), int64(gif.Height), int64(gif.Frames), gif.Bytes, gif.Alt, gif.Duration.Milliseconds(), gif.Poster, gif.SHA256,
		messageChecksum(*m, gif))
}

// lookupTexts are the statements that look for client ids, by their number. The cross
// join makes SQLite search the index of messages for each of them:
// https://www.sqlite.org/optoverview.html#crossjoin
var lookupTexts = textsByRows(func(rows int) string {
	return "WITH sent (sent_by, sent_id) AS (VALUES (?, ?)" + strings.Repeat(", (?, ?)", rows-1) + ") SELECT sent_by, sent_id, " + messageColumns +
		" FROM sent CROSS JOIN messages ON room = ? AND session = sent_by AND client_id = sent_id WHERE client_id <> ''"
})

// firstMessages looks for the client ids of messages, and returns the messages of the
// room that are stored under them, by client id.
func firstMessages(tx *transaction, id rooms.ID, messages []rooms.Message) (map[clientKey]*rooms.Message, error) {
	var keys []any
	for _, m := range messages {
		if m.ClientID != "" {
			keys = append(keys, string(m.Session), m.ClientID)
		}
	}
	first := make(map[clientKey]*rooms.Message, len(keys)/2)
	for _, rows := range rowCounts {
		for ; len(keys) >= 2*rows; keys = keys[2*rows:] {
			found, err := tx.query(lookupTexts[rows], append(keys[:2*rows:2*rows], string(id))...)
			if err != nil {
				return nil, err
			}
			repeated, err := collect(found, scanRepeated)
			if err != nil {
				return nil, err
			}
			for _, r := range repeated {
				first[r.key] = &r.message
			}
		}
	}
	return first, nil
}

// repeatedMessage is a stored message and the client id under which it was found. A
// damaged message has lost its own.
type repeatedMessage struct {
	key     clientKey
	message rooms.Message
}

func scanRepeated(row scanner) (*repeatedMessage, error) {
	r := new(repeatedMessage)
	var err error
	r.message, err = scanMessage(scanFunc(func(dest ...any) error {
		return row.Scan(append([]any{&r.key.session, &r.key.clientID}, dest...)...)
	}))
	return r, err
}

// scanFunc is a function as a scanner.
type scanFunc func(dest ...any) error

// Scan calls f.
func (f scanFunc) Scan(dest ...any) error { return f(dest...) }

// firstMessage returns the message that is stored under m's client id, or
// rooms.ErrNotFound.
func firstMessage(tx *transaction, m rooms.Message) (rooms.Message, error) {
	first, err := firstMessages(tx, m.Room, []rooms.Message{m})
	if err != nil {
		return rooms.Message{}, err
	}
	if earlier := first[clientKey{m.Session, m.ClientID}]; earlier != nil {
		return *earlier, nil
	}
	return rooms.Message{}, rooms.ErrNotFound
}
