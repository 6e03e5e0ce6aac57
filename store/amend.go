package store

import (
	"context"
	"errors"

	"gifchat/rooms"
)

// Amend implements rooms.Store.
func (s *SQLite) Amend(ctx context.Context, m rooms.Message) (rooms.Stored, []string, error) {
	var stored rooms.Stored
	var gifs []string
	err := s.write.do(ctx, func(tx *transaction) error {
		gifs = nil // also when this is run again
		first, err := firstMessage(tx, m)
		if !errors.Is(err, rooms.ErrNotFound) {
			stored = rooms.Stored{Message: first, Again: true}
			return err
		}
		if m.Seq, err = nextSeq(tx, m.Room); err != nil {
			return err
		}
		stored = rooms.Stored{Message: m}
		if err := insertMessage(tx, m); err != nil {
			return err
		}
		gifs, err = amendTarget(tx, m)
		return err
	})
	if err != nil {
		return rooms.Stored{}, nil, err
	}
	return stored, gifs, nil
}

// clearEdits names target twice, or SQLite would not know that its index holds
// them all.
const clearEdits = "UPDATE messages SET text = '' WHERE room = ? AND target = ? AND target <> 0 AND kind = 'edit'"

// amendTarget changes what m is about. What is removed is really gone: its
// text, its picture, and the texts of its edits.
func amendTarget(tx *transaction, m rooms.Message) ([]string, error) {
	if m.Kind == rooms.KindEdit {
		updated, err := tx.exec(`UPDATE messages SET edited = ?1,
			text = CASE kind WHEN 'text' THEN ?2 ELSE text END, gif_alt = CASE kind WHEN 'gif' THEN ?2 ELSE gif_alt END
			WHERE room = ?3 AND seq = ?4 AND kind IN ('text', 'gif')`, m.Seq, m.Text, m.Room, m.Target)
		return nil, undo(one(updated, err, rooms.ErrNoMessage))
	}
	var gif string
	err := tx.queryRow("SELECT gif_name FROM messages WHERE room = ? AND seq = ? AND kind IN ('text', 'gif')",
		m.Room, m.Target).Scan(&gif)
	if err = found(err); errors.Is(err, rooms.ErrNotFound) {
		return nil, undo(rooms.ErrNoMessage)
	}
	if err != nil {
		return nil, err
	}
	_, err = tx.exec(`UPDATE messages SET kind = 'removed', edited = ?1, text = '', gif_name = '', gif_width = 0,
		gif_height = 0, gif_frames = 0, gif_bytes = 0, gif_alt = '', gif_duration = 0, gif_poster = 0, gif_sha256 = ''
		WHERE room = ?2 AND seq = ?3`, m.Seq, m.Room, m.Target)
	if err == nil {
		_, err = tx.exec(clearEdits, m.Room, m.Target)
	}
	if err != nil || gif == "" {
		return nil, err
	}
	var shown bool
	err = tx.queryRow("SELECT EXISTS (SELECT 1 FROM messages WHERE gif_name = ? AND gif_name <> '')", gif).Scan(&shown)
	if err != nil || shown {
		return nil, err
	}
	return []string{gif}, nil
}
