package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gifchat/store/datadir"
	"gifchat/store/inspect"
	"gifchat/store/storetest"
)

func TestRun_refuses_a_folder_that_another_server_uses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := start(t, dir, map[string]string{"COOKIE_SECRET": strings.Repeat("ab", 32)})
	before := contents(t, dir)

	err := run(t.Context(), environment(map[string]string{"PORT": "0", "HOST": "127.0.0.1", "DATA_DIR": dir}), io.Discard)
	if !errors.Is(err, datadir.ErrInUse) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) {
		t.Errorf("second server: got %v, want one line with %q and the folder", err, datadir.ErrInUse)
	}
	if after := contents(t, dir); after != before {
		t.Errorf("data after the second server: got %s, want %s", after, before)
	}
	if _, err := os.Stat(datadir.Place(dir).Secret); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("cookie secret of the second server: got %v, want os.ErrNotExist", err)
	}

	c := visitor(t)
	res, err := c.Get(first.url + "/")
	if status, _ := fetch(t, res, err); status != http.StatusOK {
		t.Errorf("GET / of the first server: got %d, want 200", status)
	}
	c.CloseIdleConnections()
	if err := first.end(); err != nil {
		t.Fatal(err)
	}
	if err := start(t, dir, nil).end(); err != nil {
		t.Errorf("third server, after the first has ended: got %v, want no error", err)
	}
}

// The folder was written by version 5648205 of this program: see the README in it.
func TestRun_serves_a_folder_of_version_5648205(t *testing.T) {
	const fixture = "store/testdata/5648205"
	var want struct {
		Room, Closed, Password, Token string
		Cookies                       map[string]string
	}
	list, err := os.ReadFile(filepath.Join(fixture, "expected.json"))
	if err == nil {
		err = json.Unmarshal(list, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(fixture, "folder"))); err != nil {
		t.Fatal(err)
	}
	database := datadir.Place(dir).Database
	storetest.Exec(t, database, "UPDATE sessions SET expires = 4102444800000") // 2100: the stored sessions end after 30 days
	p := start(t, dir, nil)
	if copied := database + ".before-08"; !strings.Contains(p.logs.String(), `msg="database migrated" from=7 to=`) || !strings.Contains(p.logs.String(), "copy="+copied) {
		t.Errorf("log: got\n%s\nwant that the database was migrated, and copied to %s", p.logs, copied)
	}

	get := func(path, cookie string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		c := visitor(t)
		defer c.CloseIdleConnections()
		res, err := c.Do(req)
		return fetch(t, res, err)
	}
	status, page := get("/room/"+want.Room, want.Cookies["bob"]) // a member, by the cookie of then
	for _, text := range []string{"안녕하세요", "hello, world", "나래", ".gif"} {
		if status != http.StatusOK || !strings.Contains(page, text) {
			t.Errorf("page of a member: got %d, %q in it: %t, want 200, true", status, text, strings.Contains(page, text))
		}
	}
	for _, text := range []string{"wrold", "this text was removed"} {
		if strings.Contains(page, text) {
			t.Errorf("page of a member: got %q in it, want neither the edited nor the removed text", text)
		}
	}
	password := "?password=" + url.QueryEscape(want.Password)
	if status, page := get("/room/"+want.Closed+password, ""); status != http.StatusOK || !strings.Contains(page, "behind a password") {
		t.Errorf("page of a visitor with the password: got %d, want 200 with the message", status)
	}
	if status, _ := get("/room/"+want.Closed+"?password=another", ""); status == http.StatusOK {
		t.Error("page of a visitor with another password: got 200, want a refusal")
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	for path, schema := range map[string]int{database: 0, database + ".before-08": 7} {
		r, err := inspect.Database(t.Context(), path)
		if err != nil || len(r.Problems()) > 0 || schema != 0 && r.Schema != schema {
			t.Errorf("inspect.Database(%q): got %+v, %v, want no problems and schema %d", path, r, err, schema)
		}
	}
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

// With damaged data the program ends before it listens, prints one line and changes
// nothing.
func TestRun_refuses_damaged_data(t *testing.T) {
	const pageSize = 4096
	for name, test := range map[string]struct {
		spoil func(t *testing.T, path string)
		want  string
	}{
		"the first byte":          {overwrite(0, []byte("X")), "damaged"},
		"the root of the schema":  {overwrite(100, []byte{0}), "damaged"},
		"a newer schema":          {overwrite(60, []byte{0, 0, 1, 0}), "use the newer program"},
		"another program's":       {overwrite(68, []byte{1, 2, 3, 4}), "another program's"},
		"a log and no database":   {func(t *testing.T, path string) { rename(t, path, path+"-wal") }, "the database is missing"},
		"an empty file and a log": {func(t *testing.T, path string) { rename(t, path, path+"-wal"); touch(t, path) }, "the database is missing"},
		"GIFs and no database":    {func(t *testing.T, path string) { gif(t, path); rename(t, path, path+".old") }, "its GIFs are there"},
		"an empty file and GIFs":  {func(t *testing.T, path string) { gif(t, path); rename(t, path, path+".old"); touch(t, path) }, "its GIFs are there"},
		"a folder":                {func(t *testing.T, path string) { rename(t, path, path+".old"); mkdir(t, path) }, "directory"},
		"a file for the folder": {func(t *testing.T, path string) {
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
				t.Fatalf("run: got %v, want one line with %q", err, test.want)
			}
			if after := contents(t, dir); after != before {
				t.Errorf("data: got %s, want %s", after, before)
			}
		})
	}
}

// contents lists the files of a folder with the type and the first bytes of each.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error() // compared like a list
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

// gif creates the file of a GIF beside the database.
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
