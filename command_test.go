package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommand_refuses_arguments_it_does_not_know(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"serve"}, {"backup"}, {"backup", "a", "b"}, {"doctor", "now"}, {"-h"}} {
		err := command(t.Context(), args, environment(nil), io.Discard, io.Discard)
		if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "gifchat backup <folder>") {
			t.Errorf("%q: got %v, want the usage", args, err)
		}
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// withRoom leaves the data of a server that had one room with a message in it,
// and returns the room's path.
func withRoom(t *testing.T, dir string) string {
	t.Helper()
	p := start(t, dir, nil)
	c := visitor(t)
	res, err := c.PostForm(p.url+"/room", url.Values{"title": {"방"}, "max": {"10"}, "password": {""}})
	fetch(t, res, err)
	room := res.Header.Get("Location")
	res, err = c.PostForm(p.url+room+"/chat", url.Values{"chat": {"여기 있어요"}})
	if status, _ := fetch(t, res, err); status != http.StatusOK {
		t.Fatalf("posting: got %d", status)
	}
	c.CloseIdleConnections()
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	return room
}

func TestCommand_doctor_and_backup_beside_a_server(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	room := withRoom(t, dir)
	p := start(t, dir, nil)
	getenv := environment(map[string]string{"DATA_DIR": dir})

	var out bytes.Buffer
	if err := command(t.Context(), []string{"doctor"}, getenv, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"journal_mode   wal", "synchronous    2", "foreign_keys   true", "busy_timeout   5000 ms", "check          ok", "messages       1\n", "GIFs           0\n", "client bundle"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("doctor does not say %q:\n%s", want, out.String())
		}
	}

	into := filepath.Join(t.TempDir(), "backup")
	if err := command(t.Context(), []string{"backup", into}, getenv, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := command(t.Context(), []string{"backup", into}, getenv, &out, io.Discard); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("again into the same folder: got %v", err)
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"gifchat.db", secretFile} {
		info, err := os.Stat(filepath.Join(into, file))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s: got mode %o, want 600", file, got)
		}
	}

	restored := start(t, into, nil)
	c := visitor(t)
	res, err := c.Get(restored.url + room)
	if status, body := fetch(t, res, err); status != http.StatusOK || !strings.Contains(body, "여기 있어요") {
		t.Errorf("restored: got %d, message there: %t", status, strings.Contains(body, "여기 있어요"))
	}
	c.CloseIdleConnections()
}

func overwrite(at int64, with []byte) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteAt(with, at)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// Damaged data end the program before it listens, with one line, and stay as
// they are: nothing new is made over them.
func TestRun_refuses_damaged_data(t *testing.T) {
	const pageSize = 4096
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"the first byte":          {overwrite(0, []byte("X")), "damaged"},
		"the root of the schema":  {overwrite(100, []byte{0}), "damaged"},
		"a newer schema":          {overwrite(60, []byte{0, 0, 1, 0}), "use the newer program"},
		"another's":               {overwrite(68, []byte{1, 2, 3, 4}), "another program's"},
		"a log and no database":   {func(t *testing.T, path string) { rename(t, path, path+"-wal") }, "the database is missing"},
		"an empty file and a log": {func(t *testing.T, path string) { rename(t, path, path+"-wal"); touch(t, path) }, "the database is missing"},
		"GIFs and no database":    {func(t *testing.T, path string) { gif(t, path); rename(t, path, path+".old") }, "its GIFs are there"},
		"an empty file and GIFs":  {func(t *testing.T, path string) { gif(t, path); rename(t, path, path+".old"); touch(t, path) }, "its GIFs are there"},
		"a folder":                {func(t *testing.T, path string) { rename(t, path, path+".old"); mkdir(t, path) }, "directory"},
		"no data folder to be": {func(t *testing.T, path string) {
			folder := filepath.Dir(path)
			rename(t, folder, folder+".old")
			touch(t, folder)
		}, "data folder"},
		"half of the database": {func(t *testing.T, path string) { truncate(t, path, pageSize/2) }, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			withRoom(t, dir)
			test.spoil(t, filepath.Join(dir, "gifchat.db"))
			before := contents(t, dir)
			err := command(t.Context(), nil, environment(map[string]string{"PORT": "0", "HOST": "127.0.0.1", "DATA_DIR": dir}), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("got %v, want one line with %q", err, test.want)
			}
			if after := contents(t, dir); after != before {
				t.Errorf("the data were changed: %s, before %s", after, before)
			}
		})
	}
}

// contents names the files of a folder with the start and length of each.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error() // as it was before
	}
	for _, entry := range entries {
		b, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err == nil && len(b) > 0 {
			all.WriteString(entry.Name() + " " + http.DetectContentType(b) + " " + string(b[:16]) + ";")
		}
	}
	return all.String()
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// gif is the file of a message in the database.
func gif(t *testing.T, database string) {
	t.Helper()
	touch(t, filepath.Join(filepath.Dir(database), "gifs", "aaaaaaaaaaaaaaaaaaaaaaaa.gif"))
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}
