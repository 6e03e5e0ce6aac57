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

func TestCommand_refuses_unknown_arguments(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"serve"}, {"backup"}, {"backup", "a", "b"}, {"doctor", "now"}, {"-h"}} {
		err := command(t.Context(), args, environment(nil), io.Discard, io.Discard)
		if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "gifchat backup <folder>") {
			t.Errorf("arguments %q: got %v, want the usage", args, err)
		}
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) != 0 {
		t.Errorf("files: got %q, %v, want none", left, err)
	}
}

// withRoom creates the data of a server with one room and one message, and returns
// the path of the room's page.
func withRoom(t *testing.T, dir string) string {
	t.Helper()
	p := start(t, dir, nil)
	c := visitor(t)
	res, err := c.PostForm(p.url+"/room", url.Values{"title": {"방"}, "max": {"10"}, "password": {""}})
	fetch(t, res, err)
	room := res.Header.Get("Location")
	res, err = c.PostForm(p.url+room+"/chat", url.Values{"chat": {"여기 있어요"}})
	if status, _ := fetch(t, res, err); status != http.StatusOK {
		t.Fatalf("POST %s/chat: got %d, want 200", room, status)
	}
	c.CloseIdleConnections()
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	return room
}

func TestCommand_doctor_and_backup_run_beside_a_server(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	room := withRoom(t, dir)
	p := start(t, dir, nil)
	getenv := environment(map[string]string{"DATA_DIR": dir})

	var out bytes.Buffer
	if err := command(t.Context(), []string{"doctor"}, getenv, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"journal_mode   wal", "synchronous    2", "foreign_keys   true", "busy_timeout   5000 ms", "check          ok", "messages       1\n", "GIFs           0\n", "old copies     none\n", "client bundle"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("doctor: got\n%s\nwant %q in it", out.String(), want)
		}
	}

	into := filepath.Join(t.TempDir(), "backup")
	if err := command(t.Context(), []string{"backup", into}, getenv, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := command(t.Context(), []string{"backup", into}, getenv, &out, io.Discard); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("backup into the same folder: got %v, want %q", err, "not empty")
	}
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"gifchat.db", "cookie-secret"} {
		info, err := os.Stat(filepath.Join(into, file))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("mode of %s: got %o, want 600", file, got)
		}
	}

	restored := start(t, into, nil)
	c := visitor(t)
	res, err := c.Get(restored.url + room)
	if status, body := fetch(t, res, err); status != http.StatusOK || !strings.Contains(body, "여기 있어요") {
		t.Errorf("page of the restored room: got %d, message shown: %t, want 200, true", status, strings.Contains(body, "여기 있어요"))
	}
	c.CloseIdleConnections()
}
