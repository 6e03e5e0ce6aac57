package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"gifchat/rooms"
)

const roomColumns = `r.id, r.title, r.capacity, r.owner, r.owner_session, r.password_hash, r.created_at,
	r.number, r.frozen, r.keep, r.closed, r.authority`

// Rooms implements rooms.Store.
func (s *SQLite) Rooms(ctx context.Context, p rooms.RoomPage) ([]rooms.Room, error) {
	return query(ctx, s.read, scanRoom,
		"SELECT "+roomColumns+" FROM rooms AS r WHERE number > ? AND gone = 0 ORDER BY number LIMIT ?", p.After, p.Limit)
}

// Room implements rooms.Store.
func (s *SQLite) Room(ctx context.Context, id rooms.ID) (rooms.Room, error) {
	r, err := scanRoom(s.read.QueryRowContext(ctx, "SELECT "+roomColumns+" FROM rooms AS r WHERE id = ? AND gone = 0", id))
	return r, noRowIsNotFound(err)
}

// roomRow is the destination of roomColumns.
type roomRow struct {
	stored  rooms.Room
	created int64
}

func (r *roomRow) columns() []any {
	k := &r.stored
	return []any{
		&k.ID, &k.Title, &k.Capacity, &k.Owner, &k.OwnerSession, &k.PasswordHash, &r.created, &k.Number, &k.Frozen, &k.Keep, &k.Closed,
		&k.Authority,
	}
}

func (r *roomRow) room() rooms.Room {
	r.stored.CreatedAt = fromMillis(r.created)
	return r.stored
}

func scanRoom(row scanner) (rooms.Room, error) {
	var r roomRow
	err := row.Scan(r.columns()...)
	return r.room(), err
}

// CreateRoom implements rooms.Store.
func (s *SQLite) CreateRoom(ctx context.Context, r rooms.Room, owner rooms.Member, limits rooms.RoomLimits) error {
	return s.write.do(ctx, func(tx *transaction) error {
		if limits != (rooms.RoomLimits{}) {
			var own, all int
			if err := tx.queryRow(countRooms, r.OwnerSession).Scan(&own, &all); err != nil {
				return err
			}
			if err := limits.Check(own, all); err != nil {
				return err
			}
		}
		_, err := tx.exec(`INSERT INTO rooms (id, title, capacity, owner, owner_session, password_hash, created_at, frozen, keep, closed)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.ID, r.Title, r.Capacity, r.Owner, r.OwnerSession, r.PasswordHash, toMillis(r.CreatedAt), r.Frozen, r.Keep, r.Closed)
		if err != nil {
			return err
		}
		return insertMember(tx, owner)
	})
}

// countRooms counts the rooms of a session and all rooms, with those that the reaper has
// yet to delete.
const countRooms = "SELECT (SELECT count(*) FROM rooms WHERE owner_session = ? AND gone = 0), (SELECT count(*) FROM rooms)"

// CountRooms implements rooms.Store.
func (s *SQLite) CountRooms(ctx context.Context, session rooms.Session) (made, all int, err error) {
	err = s.read.QueryRowContext(ctx, countRooms, session).Scan(&made, &all)
	return made, all, unavailable(err)
}

// RoomsOf implements rooms.Store.
func (s *SQLite) RoomsOf(ctx context.Context, session rooms.Session) ([]rooms.ID, error) {
	return query(ctx, s.read, func(row scanner) (id rooms.ID, err error) {
		err = row.Scan(&id)
		return id, err
	}, "SELECT id FROM rooms WHERE owner_session = ? AND owner_session <> '' AND gone = 0 ORDER BY number", session)
}

// RemoveRoom implements rooms.Store. It marks the room as removed and deletes its
// first rows; the reaper deletes the rest.
func (s *SQLite) RemoveRoom(ctx context.Context, r rooms.Removal) ([]string, error) {
	id := r.ID
	var gifs []string
	var left bool
	err := s.write.do(ctx, func(tx *transaction) error {
		if err := checkAuthority(tx, id, r.Authority); err != nil {
			return err
		}
		if r.Empty {
			if some, err := hasPeople(tx, id); err != nil || some {
				return cmp.Or(err, rooms.ErrOccupied)
			}
		}
		if _, err := tx.exec("UPDATE rooms SET gone = 1 WHERE id = ?", id); err != nil {
			return err
		}
		if _, err := tx.exec("DELETE FROM presence WHERE room = ?", id); err != nil {
			return err
		}
		rows, err := tx.query(`
			SELECT DISTINCT gif_name FROM messages AS m WHERE room = ? AND gif_name <> ''
			AND NOT EXISTS (SELECT 1 FROM messages WHERE gif_name = m.gif_name AND gif_name <> '' AND room <> m.room)`, id)
		if err != nil {
			return err
		}
		if gifs, err = collect(rows, scanString); err != nil {
			return err
		}
		left, err = reapSome(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if left {
		s.reaper.notify()
	}
	return gifs, nil
}

// scanner is a row of a result.
type scanner interface {
	Scan(dest ...any) error
}

// queryer is a *sql.DB or a *reader.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query returns all rows of a query. It returns rooms.ErrUnavailable if the query fails.
func query[T any](ctx context.Context, db queryer, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, unavailable(err)
	}
	return collect(rows, scan)
}

// collect returns all rows of a result and closes it. After an error, for example
// of a cancelled query, it returns no rows.
func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) ([]T, error) {
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, unavailable(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, unavailable(err)
	}
	return all, nil
}

func scanString(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}

// noRowIsNotFound converts the error of a query for one row: sql.ErrNoRows becomes
// rooms.ErrNotFound, any other error rooms.ErrUnavailable.
func noRowIsNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return rooms.ErrNotFound
	}
	return unavailable(err)
}
