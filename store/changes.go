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
		renamed, err := checkChange(tx, c)
		if err != nil {
			return err
		}
		seq, err := reserveSeqs(tx, c.ID, c.Authority, 1)
		if err != nil {
			return err
		}
		if c.Member != nil {
			if err := applyMember(tx, *c.Member, renamed); err != nil {
				return undo(err)
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

// checkChange returns why a change is refused, before anything is written. renamed is
// the result of claimName.
func checkChange(tx *transaction, c rooms.Change) (renamed bool, err error) {
	if err := checkAuthority(tx, c.ID, c.Authority); err != nil {
		return false, err
	}
	if c.Absent != "" {
		if present, err := isPresent(tx, c.ID, c.Absent); err != nil || present {
			return false, cmp.Or(err, rooms.ErrOccupied)
		}
	}
	if c.Member == nil {
		return false, nil
	}
	stored, err := storedName(tx, *c.Member)
	if err != nil {
		return false, err
	}
	return claimName(tx, *c.Member, stored)
}

// applyMember writes a changed member, who is no longer present unless still in.
func applyMember(tx *transaction, m rooms.Member, renamed bool) error {
	if err := updateMember(tx, m, renamed); err != nil || m.Standing == rooms.StandingIn {
		return err
	}
	return removeFromPresence(tx, m.Room, m.Session)
}

func updateRoom(tx *transaction, r rooms.Room) error {
	_, err := tx.exec(`UPDATE rooms SET title = ?, capacity = ?, owner = ?, owner_session = ?, password_hash = ?,
		frozen = ?, keep = ?, closed = ? WHERE id = ?`,
		r.Title, r.Capacity, r.Owner, r.OwnerSession, r.PasswordHash, r.Frozen, r.Keep, r.Closed, r.ID)
	return err
}
