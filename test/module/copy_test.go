package module

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root = "../.."

	// newPath is the module path that the tests give to a copy. The module in
	// testdata/stranger imports it.
	newPath = "example.org/renamed/gifchat"
)

// run runs a command in a folder and returns its standard output. It fails the
// test if the command fails.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := command(t, dir, name, args...).Output()
	if err != nil {
		var stderr []byte
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output returns it unwrapped
			stderr = exit.Stderr
		}
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, stderr)
	}
	return string(out)
}

func command(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PWD="+dir, "GOFLAGS=-buildvcs=false", "GOWORK=off")
	return cmd
}

// trackedFiles returns the paths of the files that Git tracks.
func trackedFiles(t *testing.T) []string {
	t.Helper()
	out, err := command(t, root, "git", "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v: this test needs a Git clone", err)
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	return slices.DeleteFunc(names, func(name string) bool {
		_, err := os.Lstat(filepath.Join(root, name))
		return err != nil // deleted, but not yet committed
	})
}

// renamedCopy copies the tracked files into the folder gifchat of a new folder,
// changes the module path of the copy by `make module`, and returns the paths of
// both folders.
func renamedCopy(t *testing.T) (parent, folder string) {
	t.Helper()
	parent = t.TempDir()
	folder = filepath.Join(parent, "gifchat")
	for _, name := range trackedFiles(t) {
		copyFile(t, filepath.Join(root, name), filepath.Join(folder, name))
	}
	run(t, folder, "make", "module", "MODULE="+newPath)
	return parent, folder
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, info.Mode()); err != nil {
		t.Fatal(err)
	}
}
