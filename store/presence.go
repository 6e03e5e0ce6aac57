package store

import (
	"context"

	"gifchat/rooms"
)

// selectVacancy returns whether a session is present in a room already, and whether the
// room has a place for it: the owner always has one.
const selectVacancy = `SELECT EXISTS (SELECT 1 FROM presence WHERE room = r.id AND session = ?2),
		r.owner_session = ?2 OR (SELECT count(DISTINCT session) FROM presence WHERE room = r.id) < r.capacity
	FROM rooms AS r WHERE id = ?1`

// AddPresence implements rooms.Store.
func (s *SQLite) AddPresence(ctx context.Context, p rooms.Presence, notice rooms.Message) (stored rooms.Message, first bool, err error) {
	err = s.write.do(ctx, func(tx *transaction) error {
		stored = rooms.Message{} // the writer can run this again
		if err := checkAuthority(tx, p.Room, p.Authority); err != nil {
			return err
		}
		var present, vacant bool
		if err := tx.queryRow(selectVacancy, p.Room, p.Session).Scan(&present, &vacant); err != nil {
			return err
		}
		if first = !present; first && !vacant {
			return rooms.ErrFull
		}
		if first {
			var err error
			if stored, err = addNotice(tx, p.Room, notice); err != nil {
				return err
			}
		}
		_, err := tx.exec("INSERT OR IGNORE INTO presence (room, session, process) VALUES (?, ?, ?)", p.Room, p.Session, p.Process)
		return err
	})
	if err != nil {
		return rooms.Message{}, false, err
	}
	return stored, first, nil
}

// RemovePresence implements rooms.Store.
func (s *SQLite) RemovePresence(ctx context.Context, p rooms.Presence, notice rooms.Message) (stored rooms.Message, last bool, err error) {
	err = s.write.do(ctx, func(tx *transaction) error {
		stored, last = rooms.Message{}, false // the writer can run this again
		if err := checkAuthority(tx, p.Room, p.Authority); err != nil {
			return err
		}
		removed, err := tx.exec("DELETE FROM presence WHERE room = ? AND session = ? AND process = ?", p.Room, p.Session, p.Process)
		if err != nil {
			return err
		}
		if n, err := removed.RowsAffected(); err != nil || n == 0 {
			return err
		}
		elsewhere, err := isPresent(tx, p.Room, p.Session)
		if err != nil || elsewhere {
			return err
		}
		last = true
		if others, err := hasPeople(tx, p.Room); err != nil || !others {
			return err
		}
		stored, err = addNotice(tx, p.Room, notice)
		return err
	})
	if err != nil {
		return rooms.Message{}, false, err
	}
	return stored, last, nil
}

// EndProcess implements rooms.Store.
func (s *SQLite) EndProcess(ctx context.Context, process string) error {
	return s.write.do(ctx, func(tx *transaction) error {
		_, err := tx.exec("DELETE FROM presence WHERE process = ?", process)
		return err
	})
}

// addNotice stores a notice, unless it is the zero Message, and returns it with its seq.
func addNotice(tx *transaction, id rooms.ID, notice rooms.Message) (rooms.Message, error) {
	if notice.Kind == "" {
		return notice, nil
	}
	notice.Room = id
	return notice, insertNext(tx, id, 0, []*rooms.Message{&notice})
}

// isPresent reports whether a session is present in a room, through any process.
func isPresent(tx *transaction, id rooms.ID, session rooms.Session) (present bool, err error) {
	err = tx.queryRow("SELECT EXISTS (SELECT 1 FROM presence WHERE room = ? AND session = ?)", id, session).Scan(&present)
	return present, err
}

// hasPeople reports whether anybody is present in a room.
func hasPeople(tx *transaction, id rooms.ID) (some bool, err error) {
	err = tx.queryRow("SELECT EXISTS (SELECT 1 FROM presence WHERE room = ?)", id).Scan(&some)
	return some, err
}

// removeFromPresence ends the presence of a session in a room, through every process.
func removeFromPresence(tx *transaction, id rooms.ID, session rooms.Session) error {
	_, err := tx.exec("DELETE FROM presence WHERE room = ? AND session = ?", id, session)
	return err
}
