//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRun_refuses_a_folder_that_it_cannot_write(t *testing.T) {
	if os.Geteuid() == 0 {
		asNobody(t) // root can write everywhere
		return
	}
	dir := filepath.Join(t.TempDir(), "data")
	withRoom(t, dir)
	chmod := func(file, folder os.FileMode) {
		t.Helper()
		if err := errors.Join(os.Chmod(filepath.Join(dir, "gifchat.db"), file), os.Chmod(dir, folder)); err != nil {
			t.Fatal(err)
		}
	}
	chmod(0o400, 0o500)
	defer chmod(0o600, 0o700)
	err := command(t.Context(), nil, environment(map[string]string{"PORT": "0", "HOST": "127.0.0.1", "DATA_DIR": dir}), io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("run: got %v, want %q", err, "permission denied")
	}
}

// asNobody runs the test again in a process of the user nobody.
func asNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() // inside a folder that only root can read
	copied := filepath.Join(dir, "test")
	if err := os.WriteFile(copied, program, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{copied, dir, filepath.Dir(dir)} {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	again := exec.CommandContext(t.Context(), copied, "-test.run", "^"+t.Name()+"$", "-test.v")
	again.Dir = dir
	again.Env = append(os.Environ(), "TMPDIR="+dir) // nobody need not be able to write in the present one
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("as nobody: %v\n%s", err, out)
	}
}
