package store

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
// that uses it or without one. It returns how many could be read, and one that is
// missing, cannot be read or is not as it was uploaded, if there is any. It takes
// as long as the disk takes to read them, and changes nothing.
func LookAtGIFs(ctx context.Context, p Place) (n int, damage string, err error) {
	gifs, err := shownGIFs(ctx, p.Database, looking)
	if err != nil {
		return 0, "", err
	}
	return readGIFs(ctx, p, gifs, func(_ string, from io.Reader) error {
		_, err := io.Copy(io.Discard, from)
		return err
	})
}

// readGIFs has read take each of the GIFs out of a place, to its end. It returns
// how many it took, and what is wrong with one of those that are not as they should
// be. None of that keeps it from the rest: only read's own errors do.
func readGIFs(ctx context.Context, p Place, gifs []shownGIF, read func(name string, from io.Reader) error) (n int, damage string, err error) {
	if len(gifs) == 0 {
		return 0, "", nil
	}
	files, err := openFolder(p.GIFs, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "the folder of the GIFs is missing", nil
	}
	if err != nil {
		return 0, "the GIFs cannot be read: " + err.Error(), nil //nolint:nilerr // that is what is told
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	var missing []shownGIF
	for _, gif := range gifs {
		if err := ctx.Err(); err != nil {
			return n, "", err
		}
		file, err := files.Open(gif.name)
		if errors.Is(err, rooms.ErrNotFound) {
			missing = append(missing, gif)
			continue
		}
		if err != nil {
			damage = cmp.Or(damage, fmt.Sprintf("GIF %q cannot be read: %v", gif.name, err))
			continue
		}
		from := &original{file: file, sum: sha256.New()}
		reading := read(gif.name, from)
		from.fail(file.Close())
		switch {
		case from.err != nil:
			damage = cmp.Or(damage, fmt.Sprintf("GIF %q cannot be read: %v", gif.name, from.err))
			continue
		case reading != nil:
			return n, "", reading
		case gif.sha256 != "" && gif.sha256 != hex.EncodeToString(from.sum.Sum(nil)):
			damage = cmp.Or(damage, fmt.Sprintf("GIF %q is not as it was uploaded", gif.name))
		}
		n++
	}
	if lost := stillShown(ctx, p, missing); len(lost) > 0 {
		damage = cmp.Or(damage, fmt.Sprintf("GIF %q is missing", lost[0].name))
	}
	return n, damage, ctx.Err()
}

// original is a file as it is read, and what is told apart from the errors of
// what it is written to.
type original struct {
	file io.Reader
	sum  hash.Hash
	err  error
}

func (o *original) Read(b []byte) (int, error) {
	n, err := o.file.Read(b)
	o.sum.Write(b[:n])
	if !errors.Is(err, io.EOF) {
		o.fail(err)
	}
	return n, err
}

func (o *original) fail(err error) { o.err = cmp.Or(o.err, err) }

// stillShown returns those of the missing GIFs that the database still shows, all
// of them if it cannot be asked. The others went, with their message or their
// room, while this was going on.
func stillShown(ctx context.Context, p Place, missing []shownGIF) []shownGIF {
	if len(missing) == 0 {
		return nil
	}
	now, err := shownGIFs(ctx, p.Database, looking)
	if err != nil {
		return missing
	}
	return slices.DeleteFunc(missing, func(gif shownGIF) bool {
		_, there := slices.BinarySearchFunc(now, gif.name, func(g shownGIF, name string) int { return cmp.Compare(g.name, name) })
		return !there
	})
}

// shownGIFs returns the GIFs that a database's messages show, in the order of
// their names.
func shownGIFs(ctx context.Context, path string, a access) (_ []shownGIF, err error) {
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
	return query(ctx, db, scanShownGIF,
		"SELECT gif_name, "+sum+" FROM messages WHERE gif_name <> ''"+where+" GROUP BY gif_name ORDER BY gif_name")
}

func scanShownGIF(row scanner) (g shownGIF, err error) {
	err = row.Scan(&g.name, &g.sha256)
	return g, err
}
