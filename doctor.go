package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"gifchat/handlers/media"
	"gifchat/store"
	"gifchat/store/datadir"
	"gifchat/store/inspect"
)

// doctor prints the state of the data, while a server runs or without one. It
// returns an error if something is wrong. It changes nothing.
func doctor(ctx context.Context, cfg config, out io.Writer) error {
	place := datadir.Place(cfg.DataDir)
	if err := place.Check(); err != nil {
		return err
	}
	r, err := inspect.Database(ctx, place.Database)
	if err != nil {
		return err
	}
	gifs, damage, err := inspect.GIFs(ctx, place)
	if err != nil {
		damage = "the GIFs cannot be read: " + err.Error()
	}
	_, public, err := assets(cfg.Dev)
	if err != nil {
		return err
	}
	bundle := "missing: run make bundle, then build again"
	if version, ok := media.BundleVersion(public); ok {
		bundle = "socket.io-client " + version
	}
	lines := append(reportLines(r, place, cmp.Or(damage, fmt.Sprint(gifs))), [2]string{"client bundle", bundle})
	if err := printTable(out, lines); err != nil {
		return err
	}
	if found := problems(r, damage, int64(cfg.MinFreeSpace)); len(found) > 0 {
		return errors.New("wrong: " + strings.Join(found, "; "))
	}
	return nil
}

// problems describes what is wrong with the database, the GIFs and the disk. Uploads
// are refused if they could leave fewer than minFree bytes free.
func problems(r inspect.Report, gifDamage string, minFree int64) []string {
	all := r.Problems()
	if gifDamage != "" {
		all = append(all, gifDamage)
	}
	if minFree > 0 && 0 <= r.Free && r.Free-store.UploadReserve < minFree {
		all = append(all, "GIFs are refused: one could leave less than "+mib(minFree)+" free (MIN_FREE_SPACE)")
	}
	return all
}

func reportLines(r inspect.Report, place store.Place, gifs string) [][2]string {
	return [][2]string{
		{"program", version()},
		{"database", place.Database},
		{"size", mib(r.Size) + ", write-ahead log " + mib(r.Log)},
		{"rooms", countText(r.Rooms)},
		{"messages", countText(r.Messages)},
		{"GIFs", gifs},
		{"schema", fmt.Sprintf("%d of %d", r.Schema, r.Known)},
		{"old copies", copyNames(r.Copies)},
		{"SQLite", r.Version},
		{"journal_mode", r.Journal},
		{"synchronous", fmt.Sprint(r.Synchronous)},
		{"foreign_keys", fmt.Sprint(r.ForeignKeys)},
		{"busy_timeout", fmt.Sprintf("%d ms", r.BusyTimeout)},
		{"check", cmp.Or(r.Altered, r.Check)},
		{"free space", freeText(r.Free)},
	}
}

// printTable prints pairs of a name and a value in two columns.
func printTable(out io.Writer, lines [][2]string) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		if _, err := fmt.Fprintf(table, "%s\t%s\n", line[0], line[1]); err != nil {
			return err
		}
	}
	return table.Flush()
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func countText(n int64) string {
	if n < 0 {
		return "unknown"
	}
	return fmt.Sprint(n)
}

func freeText(free int64) string {
	if free < 0 {
		return "unknown on this system"
	}
	return mib(free)
}

// copyNames names the copies of the database that migrations have kept.
func copyNames(paths []string) string {
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}
