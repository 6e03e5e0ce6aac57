//go:build unix

package store_test

import (
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gifchat/store"
)

// A limit on the size of files makes writing fail in the middle of the copy, as a
// full disk does. The limit is for a whole process, so the test starts another one.
func TestOpen_on_a_full_disk_does_not_migrate(t *testing.T) {
	const database = "GIFCHAT_TEST_DATABASE"
	if path := os.Getenv(database); path != "" { // the other process
		openWithSmallFiles(t, path)
		return
	}
	path, _ := oldDatabase(t)
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), database+"="+path)
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("the other process: %v\n%s", err, out)
	}
	if got := copiesOf(t, path); len(got) > 0 {
		t.Errorf("copies: got %q, want none", got)
	}
	if got := schemaOf(t, path); got != 7 {
		t.Errorf("schema: got %d, want 7", got)
	}
	if copied := open(t, path).Migration().Copy; !slices.Equal(copiesOf(t, path), []string{"chat.db.before-08"}) {
		t.Errorf("copy without the limit: got %q, want chat.db.before-08", copied)
	}
}

// openWithSmallFiles opens a database in a process whose files can have 40 KiB.
func openWithSmallFiles(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = 40 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), path)
	if err == nil {
		t.Fatalf("Open: got a store (closing it: %v), want an error", s.Close())
	}
	if !strings.Contains(err.Error(), "nothing was changed") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Open: got %q, want one line with %q", err, "nothing was changed")
	}
}
