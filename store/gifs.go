package store

import (
	"context"
	"errors"
	"time"

	"gifchat/rooms"
)

// GIF implements rooms.Store.
func (s *SQLite) GIF(ctx context.Context, name string) (rooms.Message, error) {
	m, err := scanMessage(s.read.QueryRowContext(ctx, "SELECT "+messageColumns+
		" FROM messages WHERE gif_name = ? AND gif_name <> '' ORDER BY created_at LIMIT 1", name))
	if err == nil && m.Kind == rooms.KindDamaged {
		err = errors.New("the message of the GIF is damaged") // its room and sender are unknown
	}
	return m, noRowIsNotFound(err)
}

// Uploads implements rooms.Store.
func (s *SQLite) Uploads(ctx context.Context, session rooms.Session, since time.Time) ([]rooms.Upload, error) {
	return query(ctx, s.read, scanUpload, `SELECT gif_bytes, created_at FROM messages
		WHERE session = ? AND created_at > ? AND gif_name <> '' ORDER BY created_at`, session, toMillis(since))
}

func scanUpload(row scanner) (rooms.Upload, error) {
	var u rooms.Upload
	var at int64
	err := row.Scan(&u.Bytes, &at)
	u.At = fromMillis(at)
	return u, err
}

// selectShown repeats the condition of the partial index messages_by_gif, without
// which SQLite does not use that index.
const selectShown = "SELECT EXISTS (SELECT 1 FROM messages WHERE gif_name = ? AND gif_name <> '')"

// ShowsGIF reports whether a message shows the GIF.
func (s *SQLite) ShowsGIF(ctx context.Context, name string) (shown bool, err error) {
	err = s.read.QueryRowContext(ctx, selectShown, name).Scan(&shown)
	return shown, unavailable(err)
}
