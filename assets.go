package main

import (
	"embed"
	"io/fs"
	"os"
)

// Embedding excludes names that begin with "." or "_". The only such file is
// public/vendor/.gitignore, which must not be served.
//
//go:embed templates public
var embedded embed.FS

// assets returns the folders templates and public from the binary. With dev it
// returns those of the working directory, so that a reload shows saved changes.
func assets(dev bool) (templates, public fs.FS, err error) {
	if dev {
		return os.DirFS("templates"), os.DirFS("public"), nil
	}
	if templates, err = fs.Sub(embedded, "templates"); err != nil {
		return nil, nil, err
	}
	public, err = fs.Sub(embedded, "public")
	return templates, public, err
}
