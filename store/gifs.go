package store

import (
	"context"
	"time"

	"gifchat/rooms"
)

// GIF implements rooms.Store.
func (s *SQLite) GIF(ctx context.Context, session rooms.Session, name string) (rooms.GIF, error) {
	var gif rooms.GIF
	var duration int64
	err := s.read.QueryRowContext(ctx, `
		SELECT m.gif_name, m.gif_width, m.gif_height, m.gif_frames, m.gif_bytes, m.gif_alt,
			m.gif_duration, m.gif_poster, m.gif_sha256
		FROM messages AS m
		JOIN members AS g ON g.room = m.room AND g.session = ? AND g.standing = 'in'
		WHERE m.gif_name = ? AND m.gif_name <> '' LIMIT 1`, session, name).
		Scan(&gif.Name, &gif.Width, &gif.Height, &gif.Frames, &gif.Bytes, &gif.Alt, &duration, &gif.Poster, &gif.SHA256)
	gif.Duration = time.Duration(duration) * time.Millisecond
	return gif, found(err)
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

// HoldsGIF tells whether any message shows the GIF.
func (s *SQLite) HoldsGIF(ctx context.Context, name string) (held bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM messages WHERE gif_name = ? AND gif_name <> '')", name).Scan(&held)
	return held, unavailable(err)
}
