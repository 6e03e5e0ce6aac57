package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"gifchat/handlers/media"
	"gifchat/store"
)

// doctor says how the data is, beside a server that uses it or without one,
// and returns an error if anything is wrong. It changes nothing.
func doctor(ctx context.Context, cfg config, out io.Writer) error {
	place := placeIn(cfg.DataDir)
	if err := place.Check(); err != nil {
		return err
	}
	r, err := store.Look(ctx, place.Database)
	if err != nil {
		return err
	}
	problems := r.Problems()
	gifs, damage, err := store.LookAtGIFs(ctx, place)
	if err != nil {
		damage = "the GIFs cannot be read: " + err.Error()
	}
	if damage != "" {
		problems = append(problems, damage)
	}
	if floor := int64(cfg.MinFreeSpace); floor > 0 && 0 <= r.Free && r.Free-store.UploadReserve < floor {
		problems = append(problems, "a GIF would leave less than "+mib(floor)+" free (MIN_FREE_SPACE): none are taken")
	}
	bundle := "missing: run make bundle, then build again"
	_, public, err := assets(cfg.Dev)
	if err != nil {
		return err
	}
	if version, ok := media.BundleVersion(public); ok {
		bundle = "socket.io-client " + version
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"program", version()},
		{"database", place.Database},
		{"size", mib(r.Size) + ", its log " + mib(r.Log)},
		{"rooms", countWords(r.Rooms)},
		{"messages", countWords(r.Messages)},
		{"GIFs", cmp.Or(damage, fmt.Sprint(gifs))},
		{"schema", fmt.Sprintf("%d of %d", r.Schema, r.Known)},
		{"SQLite", r.Version},
		{"journal_mode", r.Journal},
		{"synchronous", fmt.Sprint(r.Synchronous)},
		{"foreign_keys", fmt.Sprint(r.ForeignKeys)},
		{"busy_timeout", fmt.Sprintf("%d ms", r.BusyTimeout)},
		{"check", cmp.Or(r.Altered, r.Check)},
		{"free space", freeWords(r.Free)},
		{"client bundle", bundle},
	} {
		if _, err := fmt.Fprintf(table, "%s\t%s\n", line[0], line[1]); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(problems) > 0 {
		return errors.New("wrong: " + strings.Join(problems, "; "))
	}
	return nil
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func countWords(n int64) string {
	if n < 0 {
		return "unknown"
	}
	return fmt.Sprint(n)
}

func freeWords(free int64) string {
	if free < 0 {
		return "unknown on this system"
	}
	return mib(free)
}
