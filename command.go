package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gifchat/store"
)

const usage = `gifchat                  serve; settings come from the environment and from .env
gifchat doctor           say how the data is and what is wrong with it
gifchat backup <folder>  copy the data into an empty folder, the server running or not`

// errUsage is the answer to arguments that mean nothing.
var errUsage = errors.New(usage)

// command does what the program's arguments ask for: without any, it serves.
func command(ctx context.Context, args []string, getenv func(string) string, out, logs io.Writer) error {
	if len(args) == 0 {
		return run(ctx, getenv, logs)
	}
	switch {
	case args[0] == "doctor" && len(args) == 1, args[0] == "backup" && len(args) == 2:
	default:
		return fmt.Errorf("arguments %q are unknown; want\n%w", args, errUsage)
	}
	cfg, err := loadConfig(getenv, dotenvFile)
	if err != nil {
		return err
	}
	if args[0] == "doctor" {
		return doctor(ctx, cfg, out)
	}
	return backup(ctx, cfg, args[1], out)
}

// placeIn is where a data folder keeps its data.
func placeIn(folder string) store.Place {
	return store.Place{
		Database: filepath.Join(folder, "gifchat.db"),
		GIFs:     filepath.Join(folder, "gifs"),
		Secret:   filepath.Join(folder, secretFile),
	}
}

// backup copies the data of a server, which may be running, into an empty
// folder. DATA_DIR may then name that folder.
func backup(ctx context.Context, cfg config, folder string, out io.Writer) error {
	begun := time.Now()
	if err := placeIn(cfg.DataDir).Check(); err != nil { // before a folder is made
		return err
	}
	if err := emptyFolder(folder); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	gifs, err := store.Backup(ctx, placeIn(cfg.DataDir), placeIn(folder))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "backed up %s into %s: the database as it was at %s or later, and %d GIFs\n",
		cfg.DataDir, folder, begun.Format(time.RFC3339), gifs)
	return err
}

// emptyFolder makes a folder that only we can read. One with anything in it is
// refused.
func emptyFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil { //nolint:gosec // whoever may run this names the folder
		return err
	}
	entries, err := os.ReadDir(path)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty", path)
	}
	return err
}
