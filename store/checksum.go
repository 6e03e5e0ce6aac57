package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync"

	"gifchat/rooms"
	"gifchat/store/internal/sqliteerr"
)

// Each row of messages and whispers carries a checksum of all its columns.
// SQLite detects a page with an invalid structure, but not a page in which one
// letter has changed: without checksums, a disk error would be shown as text
// that somebody wrote.

// schemaWithRowSums is the schema version since which rows carry checksums.
const schemaWithRowSums = 7

// checksumSet is set in every checksum, so that 0 means a row without one.
const checksumSet = 1 << 32

// castagnoli is the table of CRC-32C, which processors compute in hardware. It
// detects every burst of up to 32 changed bits, and misses one in 4,000 million
// other changes. It does not protect from a person who also changes the checksum.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksummer collects the columns of a row. Each column has its length or a
// fixed width, so that moving a byte from one column to the next is detected.
type checksummer []byte

func (s *checksummer) text(values ...string) {
	for _, v := range values {
		*s = append(binary.AppendUvarint(*s, uint64(len(v))), v...)
	}
}

func (s *checksummer) number(values ...int64) {
	for _, v := range values {
		*s = binary.BigEndian.AppendUint64(*s, uint64(v)) //nolint:gosec // all 64 bits are kept
	}
}

// sum returns the checksum and puts the checksummer back into its pool.
func (s *checksummer) sum() int64 {
	sum := checksumSet | int64(crc32.Checksum(*s, castagnoli))
	*s = (*s)[:0]
	checksummers.Put(s)
	return sum
}

var checksummers = sync.Pool{New: func() any { return new(make(checksummer, 0, 512)) }}

func messageChecksum(m rooms.Message, gif rooms.GIF) int64 {
	s := checksummers.Get().(*checksummer)
	s.text(string(m.ID), string(m.Room), string(m.Kind), string(m.User), m.Nick, string(m.Session), m.Text, m.ClientID,
		string(m.Topic), string(m.Person), gif.Name, gif.Alt, gif.SHA256)
	s.number(m.Seq, toMillis(m.CreatedAt), m.Target, m.Edited,
		int64(gif.Width), int64(gif.Height), int64(gif.Frames), gif.Bytes, gif.Duration.Milliseconds(), gif.Poster)
	// Rows that are older than these columns have a checksum without them.
	extended := m.Face != 0 || m.Reply != 0 || m.Detail != ""
	if m.Said != 0 || extended {
		s.number(m.Said)
	}
	if extended {
		s.number(int64(m.Face), m.Reply)
		s.text(m.Detail)
	}
	return s.sum()
}

func whisperChecksum(w rooms.Whisper) int64 {
	s := checksummers.Get().(*checksummer)
	s.text(string(w.ID), string(w.Room), string(w.From.Session), string(w.To.Session), w.From.Nick, w.Text, w.ClientID)
	s.number(w.FromSeq, w.ToSeq, toMillis(w.CreatedAt))
	return s.sum()
}

// damagedMessage returns the message shown in place of m, whose checksum is
// wrong. It keeps the room and the number of m and nothing else.
func damagedMessage(m rooms.Message) rooms.Message {
	return rooms.Message{Room: m.Room, Seq: m.Seq, Kind: rooms.KindDamaged}
}

// damagedWhisper returns the whisper shown in place of w, whose checksum is wrong.
func damagedWhisper(w rooms.Whisper) rooms.Whisper {
	return rooms.Whisper{
		Room: w.Room, From: rooms.Member{Room: w.Room, Session: w.From.Session}, To: rooms.Member{Room: w.Room, Session: w.To.Session},
		FromSeq: w.FromSeq, ToSeq: w.ToSeq, Damaged: true,
	}
}

// setRoomAndTime gives each damaged whisper of a page the room of the page and the
// time of the whisper before it, or of the first intact one.
func setRoomAndTime(page []rooms.Whisper, room rooms.ID) {
	at := fromMillis(0)
	if intact := slices.IndexFunc(page, func(w rooms.Whisper) bool { return !w.Damaged }); intact >= 0 {
		at = page[intact].CreatedAt
	}
	for i := range page {
		if page[i].Damaged {
			page[i].Room, page[i].CreatedAt = room, at
		}
		at = page[i].CreatedAt
	}
}

// DamagedRow reads all messages and whispers and describes the first row whose
// checksum is wrong. It returns "" if all are right, if the schema is older than
// the checksums, or if it is newer than this program.
func (r *ReadOnly) DamagedRow(ctx context.Context) (string, error) {
	if r.Schema < schemaWithRowSums || r.Schema > LatestSchema() {
		return "", nil
	}
	columns, err := readableMessageColumns(ctx, r.DB)
	if err != nil {
		return "", err
	}
	// NOT INDEXED reads the table itself: an index has copies of some columns.
	damage, err := firstDamage(ctx, r.DB, "SELECT "+columns+" FROM messages NOT INDEXED WHERE sum <> 0", messageDamage)
	if err != nil || damage != "" {
		return damage, err
	}
	return firstDamage(ctx, r.DB, "SELECT "+ownWhisperColumns+" FROM whispers AS w NOT INDEXED WHERE sum <> 0", whisperDamage)
}

// laterMessageColumns are the columns of messages that are newer than the checksums, and
// their values in a database that lacks them.
var laterMessageColumns = map[string]string{"said": "0", "face": "0", "reply": "0", "detail": "''"}

// readableMessageColumns returns messageColumns for a database that may lack the later
// ones: the next start of the server will migrate it.
func readableMessageColumns(ctx context.Context, db *sql.DB) (string, error) {
	var existing string // names with commas between them
	err := db.QueryRowContext(ctx, "SELECT coalesce(group_concat(name), '') FROM pragma_table_info('messages')").Scan(&existing)
	columns := strings.Split(messageColumns, ",")
	for i, column := range columns {
		name := strings.TrimSpace(column)
		if value, later := laterMessageColumns[name]; later && !slices.Contains(strings.Split(existing, ","), name) {
			columns[i] = value
		}
	}
	return strings.Join(columns, ","), err
}

// firstDamage reads rows until damageOf describes one as damaged.
func firstDamage(ctx context.Context, db *sql.DB, query string, damageOf func(scanner) (string, error)) (string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		damage, err := damageOf(rows)
		if err != nil && ctx.Err() == nil && sqliteerr.Code(err) == 0 { // a column has another type
			damage, err = "a row cannot be read: "+err.Error(), nil
		}
		if err != nil || damage != "" {
			return damage, err
		}
	}
	return "", rows.Err()
}

func messageDamage(row scanner) (string, error) {
	m, intact, err := scanAnyMessage(row)
	if err != nil || intact {
		return "", err
	}
	return fmt.Sprintf("message %d of room %s is damaged: its checksum does not match", m.Seq, m.Room), nil
}

func whisperDamage(row scanner) (string, error) {
	w, intact, err := scanOwnWhisper(row)
	if err != nil || intact {
		return "", err
	}
	return fmt.Sprintf("whisper %d of room %s is damaged: its checksum does not match", w.FromSeq, w.Room), nil
}
