package main

import (
	"embed"
	"io/fs"
	"os"
)

// A bare //go:embed leaves out names beginning with "." or "_". None of ours
// does, except the keep-file of public/vendor, which nobody needs to download.
//
//go:embed templates public
var embedded embed.FS

// assets are the folders templates and public: of the binary, or in dev those
// of the working directory, so that a reload shows what was just saved.
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
