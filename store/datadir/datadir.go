// Package datadir manages the folder in which a server keeps its data: the names
// in it, its lock, the cookie secret, and the removal of unused files.
package datadir

import (
	"path/filepath"

	"gifchat/store"
)

// Place returns the paths of the data in a folder.
func Place(dir string) store.Place {
	return store.Place{
		Database: filepath.Join(dir, "gifchat.db"),
		GIFs:     filepath.Join(dir, "gifs"),
		Secret:   filepath.Join(dir, secretFile),
	}
}
