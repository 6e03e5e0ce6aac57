package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"gifchat/store"
	"gifchat/store/datadir"
)

// dataFolder is an open DATA_DIR, which this process alone uses.
type dataFolder struct {
	lock   *datadir.FolderLock
	secret []byte // signs the session cookie
	db     *store.SQLite
	gifs   *store.Files

	closers []func() error // in the order of opening
}

// openDataFolder creates the folder if it is missing, locks it and opens its
// contents. It fails if another server uses the folder or its data are damaged.
func openDataFolder(ctx context.Context, cfg config, log *slog.Logger) (_ *dataFolder, err error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	place := datadir.Place(cfg.DataDir)
	if err := place.Check(); err != nil { // before the lock and the secret: a refused folder stays unchanged
		return nil, err
	}
	d := new(dataFolder)
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.lock, err = datadir.Lock(ctx, cfg.DataDir); err != nil { // before anything in the folder is created or opened
		return nil, err
	}
	d.closers = append(d.closers, d.lock.Release)
	if d.secret, err = datadir.CookieSecret(cfg.CookieSecret, cfg.DataDir); err != nil {
		return nil, err
	}
	if d.db, err = place.Open(ctx); err != nil {
		return nil, err
	}
	d.closers = append(d.closers, d.db.Close)
	if m := d.db.Migration(); m.Copy != "" {
		log.Info("database migrated", "from", m.From, "to", m.To, "copy", m.Copy)
	}
	if d.gifs, err = store.OpenFiles(place.GIFs, int64(cfg.MinFreeSpace)); err != nil {
		return nil, err
	}
	d.closers = append(d.closers, d.gifs.Close)
	stopSweep := datadir.StartSweep(ctx, d.gifs, d.db.ShowsGIF, log)
	d.closers = append(d.closers, func() error { stopSweep(); return nil })
	return d, nil
}

// close stops the sweep of GIFs, closes the files and the database, and
// releases the lock.
func (d *dataFolder) close() error {
	var errs []error
	for _, c := range slices.Backward(d.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
