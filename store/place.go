package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Place is where data is kept.
type Place struct {
	Database string // a file
	GIFs     string // a folder
}

// Open opens the database of a place, as the function of that name does, but
// begins no new one beside GIFs: no message of it would show them, and they
// would be swept.
func (p Place) Open(ctx context.Context) (*SQLite, error) {
	s, err := open(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", p.Database, err)
	}
	return s, nil
}

// mayBegin refuses a new database where there are GIFs already: the one that
// knows them was moved away, or has not been put back yet.
func (p Place) mayBegin() error {
	if p.GIFs == "" {
		return nil
	}
	entries, err := os.ReadDir(p.GIFs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".gif") {
			return fmt.Errorf("the database is missing or empty but its GIFs are there (%s): "+
				"put the database back, or move the GIFs away to start anew", p.GIFs)
		}
	}
	return nil
}
