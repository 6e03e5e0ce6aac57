package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"gifchat/rooms"
)

// shownGIF is a GIF that a message shows, and what its file's SHA-256 has to be
// in hex: "" for one that is older than the sums.
type shownGIF struct{ name, sha256 string }

// The numbers of the schemas since which a GIF has a sum, and since which a
// room's messages may outlive it.
const (
	hashing = 4
	reaping = 5
)

// LookAtGIFs reads every GIF that the messages of a place show, beside a server
// that uses it or without one. It returns how many there are, and the first that
// is missing or not as it was uploaded, if there is one. It changes nothing.
func LookAtGIFs(ctx context.Context, p Place) (n int, damage string, err error) {
	gifs, err := shownGIFs(ctx, p.Database, looking, "")
	if err != nil || len(gifs) == 0 {
		return 0, "", err
	}
	files, err := openFolder(p.GIFs, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "the folder of the GIFs is missing", nil
	}
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	return readAll(ctx, gifs, p, func(gif shownGIF) (bool, error) { return gif.copyFrom(files, io.Discard) })
}

// readAll reads GIFs of a place, and says how many were there and what is wrong
// with the first that is not as it should be. One that is gone, and that the
// database does not show any more, went with its message or its room meanwhile.
func readAll(ctx context.Context, gifs []shownGIF, p Place, read func(shownGIF) (altered bool, err error)) (n int, damage string, err error) {
	for _, gif := range gifs {
		altered, err := read(gif)
		switch {
		case errors.Is(err, rooms.ErrNotFound):
			still, err := shownGIFs(ctx, p.Database, looking, gif.name)
			if err != nil {
				return n, "", err
			}
			if len(still) > 0 {
				damage = cmp.Or(damage, fmt.Sprintf("GIF %s is missing", gif.name))
			}
			continue
		case err != nil:
			return n, "", err
		case altered:
			damage = cmp.Or(damage, fmt.Sprintf("GIF %s is not as it was uploaded", gif.name))
		}
		n++
	}
	return n, damage, nil
}

// copyFrom writes what a file holds to w, and tells whether that is not what it
// should be.
func (g shownGIF) copyFrom(files *Files, w io.Writer) (altered bool, err error) {
	file, err := files.Open(g.name)
	if err != nil {
		return false, err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(w, sum), file)
	return g.sha256 != "" && g.sha256 != hex.EncodeToString(sum.Sum(nil)), errors.Join(err, file.Close())
}

// shownGIFs returns the GIFs that a database's messages show, or only the one
// of that name.
func shownGIFs(ctx context.Context, path string, a access, name string) (_ []shownGIF, err error) {
	db, err := look(ctx, path, a)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return nil, err
	}
	sum, where := "''", ""
	if version >= hashing {
		sum = "max(gif_sha256)"
	}
	if version >= reaping {
		where = " AND room NOT IN (SELECT id FROM rooms WHERE gone <> 0)" // their files went first
	}
	return query(ctx, db, scanShownGIF, "SELECT gif_name, "+sum+` FROM messages
		WHERE gif_name <> '' AND (? = '' OR gif_name = ?)`+where+" GROUP BY gif_name", name, name)
}

func scanShownGIF(row scanner) (g shownGIF, err error) {
	err = row.Scan(&g.name, &g.sha256)
	return g, err
}
