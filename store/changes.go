package store

import (
	"cmp"
	"context"
	"errors"

	"gifchat/rooms"
)

// Apply implements rooms.Store.
func (s *SQLite) Apply(ctx context.Context, c rooms.Change) (rooms.Message, error) {
	var notice rooms.Message
	err := s.write.do(ctx, func(tx *transaction) error {
		if c.Absent != "" {
			if present, err := isPresent(tx, c.ID, c.Absent); err != nil || present {
				return cmp.Or(err, rooms.ErrOccupied)
			}
		}
		var renamed bool
		if c.Member != nil {
			stored, err := storedName(tx, *c.Member)
			if err != nil {
				return err
			}
			if renamed, err = claimName(tx, *c.Member, stored); err != nil {
				return err
			}
		}
		seq, err := reserveSeqs(tx, c.ID, c.Authority, 1)
		if err != nil {
			return err
		}
		if c.Member != nil {
			if err := updateMember(tx, *c.Member, renamed); err != nil {
				return undo(err)
			}
			if c.Member.Standing != rooms.StandingIn {
				if err := removeFromPresence(tx, c.ID, c.Member.Session); err != nil {
					return err
				}
			}
		}
		if c.Room != nil {
			if err := updateRoom(tx, *c.Room); err != nil {
				return err
			}
		}
		notice = c.Notice
		notice.Seq = seq
		return errors.Join(insertMessage(tx, notice), raiseAuthority(tx, c.ID))
	})
	if err != nil {
		return rooms.Message{}, err
	}
	return notice, nil
}

func updateRoom(tx *transaction, r rooms.Room) error {
	_, err := tx.exec(`UPDATE rooms SET title = ?, capacity = ?, owner = ?, owner_session = ?, password_hash = ?,
		frozen = ?, keep = ?, closed = ? WHERE id = ?`,
		r.Title, r.Capacity, r.Owner, r.OwnerSession, r.PasswordHash, r.Frozen, r.Keep, r.Closed, r.ID)
	return err
}
