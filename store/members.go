package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"gifchat/rooms"
)

// memberColumns are the columns of a member, in the order of memberRow.columns.
const memberColumns = "m.room, m.session, m.color, m.since, m.standing, m.nick, m.muted_until, m.bot, m.whispers, m.address, m.address_until, m.face"

// Standing implements rooms.Store.
func (s *SQLite) Standing(ctx context.Context, id rooms.ID, session rooms.Session) (rooms.Room, rooms.Member, error) {
	return standing(s.read.QueryRowContext(ctx, selectStanding, session, id))
}

// selectStanding returns no row if the room does not exist, and nulls for the member if
// the session has never been one.
const selectStanding = "SELECT " + roomColumns + ", " + memberColumns + ` FROM rooms AS r
	LEFT JOIN members AS m ON m.room = r.id AND m.session = ?
	WHERE r.id = ? AND r.gone = 0`

func standing(row scanner) (rooms.Room, rooms.Member, error) {
	var r roomRow
	var m memberRow
	if err := row.Scan(append(r.columns(), m.columns()...)...); err != nil {
		return rooms.Room{}, rooms.Member{}, noRowIsNotFound(err)
	}
	return r.room(), m.member(), nil
}

// memberRow holds the columns of a member during Scan. All are null without a member.
type memberRow struct {
	room, session, color, standing, nick, address   sql.NullString
	since, mutedUntil, whispers, addressUntil, face sql.NullInt64
	bot                                             sql.NullBool
}

func (r *memberRow) columns() []any {
	return []any{&r.room, &r.session, &r.color, &r.since, &r.standing, &r.nick, &r.mutedUntil, &r.bot, &r.whispers, &r.address, &r.addressUntil, &r.face}
}

func (r *memberRow) member() rooms.Member {
	if !r.room.Valid {
		return rooms.Member{}
	}
	m := rooms.Member{
		Room:     rooms.ID(r.room.String),
		Session:  rooms.Session(r.session.String),
		Color:    rooms.Color(r.color.String),
		Since:    fromMillis(r.since.Int64),
		Standing: rooms.Standing(r.standing.String),
		Nick:     r.nick.String,
		Bot:      r.bot.Bool,
		Whispers: r.whispers.Int64,
		Address:  r.address.String,
		Face:     rooms.Face(r.face.Int64),
	}
	if r.mutedUntil.Int64 != 0 {
		m.MutedUntil = fromMillis(r.mutedUntil.Int64)
	}
	if r.addressUntil.Int64 != 0 {
		m.AddressUntil = fromMillis(r.addressUntil.Int64)
	}
	return m
}

func scanMember(row scanner) (rooms.Member, error) {
	var r memberRow
	err := row.Scan(r.columns()...)
	return r.member(), err
}

// AddMember implements rooms.Store.
func (s *SQLite) AddMember(ctx context.Context, m rooms.Member) (rooms.Member, error) {
	var stored rooms.Member
	err := s.write.do(ctx, func(tx *transaction) error {
		room, before, err := standing(tx.queryRow(selectStanding, m.Session, m.Room))
		switch {
		case err != nil:
			return err
		case m.Authority != 0 && m.Authority != room.Authority:
			return rooms.ErrOutdated
		case before.Standing == rooms.StandingBanned:
			return rooms.ErrBanned
		case before.Standing == rooms.StandingIn:
			stored = before
			return nil
		case room.Closed && !m.Bot:
			return rooms.ErrClosed
		}
		renamed, err := claimName(tx, m, before.Nick)
		if err != nil {
			return err
		}
		if before.Standing == rooms.StandingOut {
			stored = before
			stored.Standing, stored.Nick = rooms.StandingIn, m.Nick
			return updateMember(tx, stored, renamed)
		}
		stored = m
		stored.Authority = 0
		return insertNewcomer(tx, m, renamed)
	})
	if err != nil {
		return rooms.Member{}, err
	}
	return stored, nil
}

// insertNewcomer inserts a member who has not been in the room before. renamed is the
// result of claimName.
func insertNewcomer(tx *transaction, m rooms.Member, renamed bool) error {
	var taken bool
	err := tx.queryRow("SELECT EXISTS (SELECT 1 FROM members WHERE room = ? AND color = ?)", m.Room, m.Color).Scan(&taken)
	if err != nil {
		return err
	}
	if taken {
		return rooms.ErrColorTaken
	}
	if err := insertMember(tx, m); err != nil {
		return err
	}
	if m.Bot { // the next token is counted under a new authority version
		if err := raiseAuthority(tx, m.Room); err != nil {
			return err
		}
	}
	if !renamed {
		return nil
	}
	return storeKeys(tx, m)
}

func insertMember(tx *transaction, m rooms.Member) error {
	_, err := tx.exec(`INSERT INTO members (room, session, color, since, standing, nick, muted_until, bot, face)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.Room, m.Session, m.Color, toMillis(m.Since), m.Standing, m.Nick, orZero(m.MutedUntil), m.Bot, m.Face)
	return err
}

// updateMember writes the columns of a member that can change. renamed is the result of
// claimName.
func updateMember(tx *transaction, m rooms.Member, renamed bool) error {
	updated, err := tx.exec(`UPDATE members SET standing = ?, nick = ?, muted_until = ?, address = ?, address_until = ?, face = ?
		WHERE room = ? AND session = ?`,
		m.Standing, m.Nick, orZero(m.MutedUntil), m.Address, orZero(m.AddressUntil), m.Face, m.Room, m.Session)
	if err := requireRow(updated, err, rooms.ErrNoPerson); err != nil {
		return err
	}
	if m.Address != "" {
		if err := trimAddresses(tx, m.Room); err != nil {
			return err
		}
	}
	if !renamed {
		return nil
	}
	return storeKeys(tx, m)
}

// trimAddresses deletes the addresses of a room except the rooms.MaxAddressBans that last
// longest.
func trimAddresses(tx *transaction, id rooms.ID) error {
	_, err := tx.exec(`UPDATE members SET address = '', address_until = 0 WHERE room = ?1 AND address <> '' AND session NOT IN
		(SELECT session FROM members WHERE room = ?1 AND address <> '' ORDER BY address_until DESC, session LIMIT ?2)`,
		id, rooms.MaxAddressBans)
	return err
}

// orZero returns a time in milliseconds, and 0 for the zero time.
func orZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return toMillis(t)
}

// AddressBanned implements rooms.Store.
func (s *SQLite) AddressBanned(ctx context.Context, id rooms.ID, address string) (time.Time, error) {
	var until sql.NullInt64
	err := s.read.QueryRowContext(ctx, "SELECT max(address_until) FROM members WHERE room = ? AND address = ? AND address <> ''", id, address).Scan(&until)
	if err != nil || !until.Valid {
		return time.Time{}, unavailable(err)
	}
	return fromMillis(until.Int64), nil
}

// Person implements rooms.Store.
func (s *SQLite) Person(ctx context.Context, id rooms.ID, c rooms.Color) (rooms.Member, error) {
	m, err := scanMember(s.read.QueryRowContext(ctx,
		"SELECT "+memberColumns+" FROM members AS m WHERE room = ? AND color = ?", id, c))
	if errors.Is(err, sql.ErrNoRows) {
		return rooms.Member{}, rooms.ErrNoPerson
	}
	return m, unavailable(err)
}

// Bots implements rooms.Store.
func (s *SQLite) Bots(ctx context.Context, id rooms.ID) ([]rooms.Member, error) {
	return query(ctx, s.read, scanMember, "SELECT "+memberColumns+` FROM members AS m
		WHERE room = ? AND standing = ? AND bot <> 0 ORDER BY since, color`, id, rooms.StandingIn)
}

// Banned implements rooms.Store.
func (s *SQLite) Banned(ctx context.Context, id rooms.ID, limit int) ([]rooms.Member, error) {
	return query(ctx, s.read, scanMember, "SELECT "+memberColumns+` FROM members AS m
		WHERE room = ? AND standing = ? ORDER BY since DESC, color LIMIT ?`, id, rooms.StandingBanned, limit)
}

// requireRow returns the error of a statement that changes one row, or missing if it
// changed no row.
func requireRow(result sql.Result, err, missing error) error {
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, missing)
	}
	return nil
}
