package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"gifchat/store/datadir"
	"gifchat/store/inspect"
)

const usage = `gifchat                  serve; settings come from the environment and from .env
gifchat doctor           print the state of the data and what is wrong with it
gifchat backup <folder>  copy the data into an empty folder, also while a server runs`

// errUsage is the error of unknown arguments.
var errUsage = errors.New(usage)

// command runs the subcommand that the arguments name, or the server without
// arguments.
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

// backup copies the data into an empty folder, which can then be the DATA_DIR of
// another server.
func backup(ctx context.Context, cfg config, folder string, out io.Writer) error {
	begun := time.Now()
	from := datadir.Place(cfg.DataDir)
	if err := from.Check(); err != nil { // before the folder is created
		return err
	}
	if err := createEmptyFolder(folder); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	gifs, err := inspect.Backup(ctx, from, datadir.Place(folder))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "backed up %s into %s: the database as it was at %s or later, and %d GIFs\n",
		cfg.DataDir, folder, begun.Format(time.RFC3339), gifs)
	return err
}

// createEmptyFolder creates a folder that only this user can read. It returns an
// error for a folder that is not empty.
func createEmptyFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil { //nolint:gosec // the user of this command chooses the folder
		return err
	}
	entries, err := os.ReadDir(path)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty", path)
	}
	return err
}
