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
		gifs = nil // the writer can run this again
		first, err := firstMessage(tx, m)
		if !errors.Is(err, rooms.ErrNotFound) {
			stored = rooms.Stored{Message: first, Again: true}
			return err
		}
		if m.Seq, err = reserveSeqs(tx, m.Room, m.Authority, 1); err != nil {
			return err
		}
		stored = rooms.Stored{Message: m}
		stored.Authority = 0
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

// amendTarget changes the target of m. A removal erases the text, the GIF, and the texts
// of all edits. It returns the GIFs that no message shows any more.
func amendTarget(tx *transaction, m rooms.Message) ([]string, error) {
	target, intact, err := scanAnyMessage(tx.queryRow("SELECT "+messageColumns+
		" FROM messages WHERE room = ? AND seq = ?", m.Room, m.Target))
	if err = noRowIsNotFound(err); errors.Is(err, rooms.ErrNotFound) {
		return nil, undo(rooms.ErrNoMessage)
	}
	if err != nil {
		return nil, err
	}
	amendable := target.Kind == rooms.KindText || target.Kind == rooms.KindGIF
	switch {
	case !intact && m.Kind == rooms.KindRemove:
		return nil, updateMessage(tx, erasedDamaged(target, m.Seq))
	case !intact || !amendable:
		return nil, undo(rooms.ErrNoMessage)
	case m.Kind == rooms.KindEdit:
		return nil, updateMessage(tx, edited(target, m))
	}
	if err := updateMessage(tx, removed(target, m.Seq)); err != nil {
		return nil, err
	}
	if err := clearEdits(tx, m); err != nil {
		return nil, err
	}
	gif := gifOf(target).Name
	if gif == "" {
		return nil, nil
	}
	var shown bool
	err = tx.queryRow(selectShown, gif).Scan(&shown)
	if err != nil || shown {
		return nil, err
	}
	return []string{gif}, nil
}

// selectEdits compares target twice: the second comparison lets SQLite use the partial
// index.
const selectEdits = "SELECT " + messageColumns + " FROM messages WHERE room = ? AND target = ? AND target <> 0 AND kind = 'edit'"

// clearEdits erases the texts of the edits of m's target.
func clearEdits(tx *transaction, m rooms.Message) error {
	rows, err := tx.query(selectEdits, m.Room, m.Target)
	if err != nil {
		return err
	}
	edits, err := collect(rows, func(row scanner) (rooms.Message, error) { return scanErasedEdit(row, m.Seq) })
	if err != nil {
		return err
	}
	for _, edit := range edits {
		if err := updateMessage(tx, edit); err != nil {
			return err
		}
	}
	return nil
}

// scanErasedEdit reads an edit and returns it without its text. seq is the number of the
// removal of its target.
func scanErasedEdit(row scanner, seq int64) (rooms.Message, error) {
	edit, intact, err := scanAnyMessage(row)
	if !intact {
		return erasedDamaged(edit, seq), err
	}
	edit.Said, edit.Text = originalFingerprint(edit), ""
	return edit, err
}

// edited returns the target after an edit.
func edited(target, edit rooms.Message) rooms.Message {
	if target.Kind == rooms.KindGIF {
		target.GIF.Alt = edit.Text // the image stays
	} else {
		target.Said, target.Text = originalFingerprint(target), edit.Text
	}
	target.Edited = edit.Seq
	return target
}

// originalFingerprint returns the fingerprint of a message's original content, which is
// about to be replaced; 0 if it was edited before fingerprints were stored.
func originalFingerprint(m rooms.Message) int64 {
	if m.Said != 0 || m.Kind == rooms.KindText && m.Edited != 0 {
		return m.Said
	}
	return m.Fingerprint()
}

// removed returns a message after its removal. seq is the number of the removal.
func removed(target rooms.Message, seq int64) rooms.Message {
	target.Said = originalFingerprint(target)
	target.Kind, target.Text, target.GIF, target.Reply, target.Edited = rooms.KindRemoved, "", nil, 0, seq
	return target
}

// erasedDamaged returns a damaged message after its removal. Each column can be wrong,
// and a new checksum would confirm it, so only the columns that identify the row stay.
func erasedDamaged(target rooms.Message, seq int64) rooms.Message {
	target = removed(target, seq)
	target.User, target.Nick, target.Topic, target.Person, target.Target, target.Said = "", "", "", "", 0, 0
	target.Face, target.Detail = 0, ""
	return target
}

// updateMessage writes the columns that an amendment can change.
func updateMessage(tx *transaction, m rooms.Message) error {
	gif := gifOf(m)
	_, err := tx.exec(`UPDATE messages SET kind = ?, edited = ?, said = ?, text = ?, color = ?, nick = ?, topic = ?, person = ?, target = ?,
		face = ?, reply = ?, detail = ?,
		gif_name = ?, gif_width = ?, gif_height = ?, gif_frames = ?, gif_bytes = ?, gif_alt = ?, gif_duration = ?,
		gif_poster = ?, gif_sha256 = ?, sum = ?
		WHERE room = ? AND seq = ?`,
		m.Kind, m.Edited, m.Said, m.Text, m.User, m.Nick, m.Topic, m.Person, m.Target,
		m.Face, m.Reply, m.Detail,
		gif.Name, gif.Width, gif.Height, gif.Frames, gif.Bytes, gif.Alt, gif.Duration.Milliseconds(),
		gif.Poster, gif.SHA256, messageChecksum(m, gif), m.Room, m.Seq)
	return err
}
