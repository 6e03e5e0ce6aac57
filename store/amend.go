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
// them all. There may be many, and nothing is left in them to keep a sum of.
const clearEdits = "UPDATE messages SET text = '', sum = 0 WHERE room = ? AND target = ? AND target <> 0 AND kind = 'edit'"

// amendTarget changes what m is about. What is removed is really gone: its
// text, its picture, and the texts of its edits. It returns the GIFs that no
// message shows any more.
func amendTarget(tx *transaction, m rooms.Message) ([]string, error) {
	target, sound, err := scanAnyMessage(tx.queryRow("SELECT "+messageColumns+
		" FROM messages WHERE room = ? AND seq = ?", m.Room, m.Target))
	if err = found(err); errors.Is(err, rooms.ErrNotFound) {
		return nil, undo(rooms.ErrNoMessage)
	}
	if err != nil {
		return nil, err
	}
	said := target.Kind == rooms.KindText || target.Kind == rooms.KindGIF
	if m.Kind == rooms.KindEdit {
		if !said || !sound {
			return nil, undo(rooms.ErrNoMessage)
		}
		return nil, updateMessage(tx, edited(target, m))
	}
	if !said && sound {
		return nil, undo(rooms.ErrNoMessage)
	}
	gif := gifOf(target).Name
	target.Kind, target.Text, target.GIF, target.Edited = rooms.KindRemoved, "", nil, m.Seq
	if err := updateMessage(tx, target); err != nil {
		return nil, err
	}
	if _, err := tx.exec(clearEdits, m.Room, m.Target); err != nil {
		return nil, err
	}
	if gif == "" || !sound { // what its name was is not known
		return nil, nil
	}
	var shown bool
	err = tx.queryRow("SELECT EXISTS (SELECT 1 FROM messages WHERE gif_name = ? AND gif_name <> '')", gif).Scan(&shown)
	if err != nil || shown {
		return nil, err
	}
	return []string{gif}, nil
}

// edited is what an edit makes of its target.
func edited(target, edit rooms.Message) rooms.Message {
	target.Edited = edit.Seq
	if target.Kind == rooms.KindGIF {
		target.GIF.Alt = edit.Text
	} else {
		target.Text = edit.Text
	}
	return target
}

// updateMessage writes what an amendment can change.
func updateMessage(tx *transaction, m rooms.Message) error {
	gif := gifOf(m)
	_, err := tx.exec(`UPDATE messages SET kind = ?, edited = ?, text = ?, gif_name = ?, gif_width = ?, gif_height = ?,
		gif_frames = ?, gif_bytes = ?, gif_alt = ?, gif_duration = ?, gif_poster = ?, gif_sha256 = ?, sum = ?
		WHERE room = ? AND seq = ?`,
		m.Kind, m.Edited, m.Text, gif.Name, gif.Width, gif.Height, gif.Frames, gif.Bytes, gif.Alt,
		gif.Duration.Milliseconds(), gif.Poster, gif.SHA256, messageSum(m, gif), m.Room, m.Seq)
	return err
}
