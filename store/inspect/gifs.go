package inspect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"

	"gifchat/rooms"
	"gifchat/store"
)

// shownGIF is a GIF that a message shows. The field sha256 is the hash of its
// file in hex, or "" for a GIF that is older than the hashes.
type shownGIF struct{ name, sha256 string }

const (
	// schemaWithGIFHashes is the schema version since which GIFs have hashes.
	schemaWithGIFHashes = 4

	// schemaWithReaper is the schema version since which the messages of a removed
	// room exist for a while after its GIFs.
	schemaWithReaper = 5
)

// GIFs reads every GIF that the messages of a place show, while a server runs or
// without one. It returns the number of GIFs that could be read. damage describes
// a GIF that is missing, unreadable or altered, or is "". GIFs changes nothing.
func GIFs(ctx context.Context, p store.Place) (n int, damage string, err error) {
	gifs, err := shownGIFs(ctx, p.Database, store.OpenReadOnly)
	if err != nil {
		return 0, "", err
	}
	return readGIFs(ctx, p, gifs, func(_ string, from io.Reader) error {
		_, err := io.Copy(io.Discard, from)
		return err
	})
}

// readGIFs opens each of the GIFs and calls read, which reads it to its end. It
// returns the number of GIFs read, and the first damage found or "". Damage does
// not stop it: err is an error of read or the end of ctx.
func readGIFs(ctx context.Context, p store.Place, gifs []shownGIF, read func(name string, from io.Reader) error) (n int, damage string, err error) {
	if len(gifs) == 0 {
		return 0, "", nil
	}
	files, err := store.OpenExistingFiles(p.GIFs)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "the folder of the GIFs is missing", nil
	}
	if err != nil {
		return 0, "the GIFs cannot be read: " + err.Error(), nil //nolint:nilerr // returned as damage
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	var missing []shownGIF
	for _, gif := range gifs {
		if err := ctx.Err(); err != nil {
			return n, "", err
		}
		found, err := readGIF(files, gif, read)
		switch {
		case errors.Is(err, rooms.ErrNotFound):
			missing = append(missing, gif)
			continue
		case err != nil:
			return n, "", err
		}
		damage = cmp.Or(damage, found.damage)
		if !found.unreadable {
			n++
		}
	}
	if lost := stillShown(ctx, p, missing); len(lost) > 0 {
		damage = cmp.Or(damage, fmt.Sprintf("GIF %q is missing", lost[0].name))
	}
	return n, damage, ctx.Err()
}

// gifState is what readGIF found out about a file.
type gifState struct {
	damage     string // "" for an intact file
	unreadable bool
}

// readGIF calls read with the file of one GIF. It returns rooms.ErrNotFound if
// the file is missing, or the error of read.
func readGIF(files *store.Files, gif shownGIF, read func(name string, from io.Reader) error) (gifState, error) {
	unreadable := func(err error) (gifState, error) {
		return gifState{damage: fmt.Sprintf("GIF %q cannot be read: %v", gif.name, err), unreadable: true}, nil
	}
	file, err := files.Open(gif.name)
	if errors.Is(err, rooms.ErrNotFound) {
		return gifState{}, err
	}
	if err != nil {
		return unreadable(err)
	}
	from := &hashingReader{file: file, hash: sha256.New()}
	err = read(gif.name, from)
	from.keep(file.Close())
	switch {
	case from.err != nil:
		return unreadable(from.err)
	case err != nil:
		return gifState{}, err
	case gif.sha256 != "" && gif.sha256 != hex.EncodeToString(from.hash.Sum(nil)):
		return gifState{damage: fmt.Sprintf("GIF %q is not as it was uploaded", gif.name)}, nil
	}
	return gifState{}, nil
}

// hashingReader hashes a file while it is read. It keeps the first error of the
// file, which is different from an error of the copy's destination.
type hashingReader struct {
	file io.Reader
	hash hash.Hash
	err  error
}

func (r *hashingReader) Read(b []byte) (int, error) {
	n, err := r.file.Read(b)
	r.hash.Write(b[:n])
	if !errors.Is(err, io.EOF) {
		r.keep(err)
	}
	return n, err
}

func (r *hashingReader) keep(err error) { r.err = cmp.Or(r.err, err) }

// stillShown returns those of the missing GIFs that the database still shows, or
// all of them if it cannot be read. The others were removed with their message or
// room after the list was made.
func stillShown(ctx context.Context, p store.Place, missing []shownGIF) []shownGIF {
	if len(missing) == 0 {
		return nil
	}
	now, err := shownGIFs(ctx, p.Database, store.OpenReadOnly)
	if err != nil {
		return missing
	}
	return slices.DeleteFunc(missing, func(gif shownGIF) bool {
		_, shown := slices.BinarySearchFunc(now, gif.name, func(g shownGIF, name string) int { return cmp.Compare(g.name, name) })
		return !shown
	})
}

// shownGIFs returns the GIFs that the messages of a database show, by name.
func shownGIFs(ctx context.Context, path string, open opener) (gifs []shownGIF, err error) {
	db, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	hash, where := "''", ""
	if db.Schema >= schemaWithGIFHashes {
		hash = "max(gif_sha256)"
	}
	if db.Schema >= schemaWithReaper {
		where = " AND room NOT IN (SELECT id FROM rooms WHERE gone <> 0)" // their files are deleted first
	}
	rows, err := db.QueryContext(ctx,
		"SELECT gif_name, "+hash+" FROM messages WHERE gif_name <> ''"+where+" GROUP BY gif_name ORDER BY gif_name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var gif shownGIF
		if err := rows.Scan(&gif.name, &gif.sha256); err != nil {
			return nil, err
		}
		gifs = append(gifs, gif)
	}
	return gifs, rows.Err()
}
