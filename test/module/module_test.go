package module

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestMakeModule_renames_the_module_and_nothing_else(t *testing.T) {
	_, folder := renamedCopy(t)
	old := strings.TrimSpace(run(t, root, "go", "list", "-m"))
	imports := regexp.MustCompile(`(?m)^(?:import |\t)(?:[\w.]+ )?"` + regexp.QuoteMeta(old) + `(?:/|")`)
	directives := regexp.MustCompile(`(?m)^(?:module|require|replace) ` + regexp.QuoteMeta(old) + `\b`)
	changed := make(map[string]bool)
	for _, name := range trackedFiles(t) {
		before, after := read(t, filepath.Join(root, name)), read(t, filepath.Join(folder, name))
		changed[name] = before != after
		// Package testdata/stranger has the new path from the beginning.
		if !strings.HasPrefix(name, "test/module/") && strings.ReplaceAll(after, newPath, old) != before {
			t.Errorf("%s: got other changes than the module path", name)
		}
		if filepath.Ext(name) == ".go" && imports.MatchString(after) {
			t.Errorf("%s: got an import of the old path", name)
		}
		if filepath.Base(name) == "go.mod" && directives.MatchString(after) {
			t.Errorf("%s: got the old path", name)
		}
	}
	for name, want := range map[string]bool{
		"README.md": true, "README.ko.md": true, "arch_test.go": true, ".golangci.yml": true, "bench/server/go.mod": true, "tools/go.mod": true,
		"test/package.json": false, ".env.example": false, ".gitignore": false, "LICENSE": false,
	} {
		if changed[name] != want {
			t.Errorf("%s: got changed %t, want %t", name, changed[name], want)
		}
	}
	if got := read(t, filepath.Join(folder, "README.md")); !strings.Contains(got, "`"+newPath+"/socketio`") || !strings.Contains(got, " ./gifchat backup ") {
		t.Errorf("README.md: want the new path of package socketio, and the old name of the program")
	}

	t.Run("a second time it changes nothing", func(t *testing.T) {
		if out := run(t, folder, "make", "module", "MODULE="+newPath); !strings.Contains(out, ": 0 files changed") {
			t.Errorf("output: got %q, want 0 files changed", out)
		}
	})
	t.Run("it renames a renamed module", func(t *testing.T) {
		const other = "example.com/other/v2"
		run(t, folder, "make", "module", "MODULE="+other)
		for _, name := range trackedFiles(t) {
			before, after := read(t, filepath.Join(root, name)), read(t, filepath.Join(folder, name))
			if !strings.HasPrefix(name, "test/module/") && strings.ReplaceAll(after, other, old) != before {
				t.Errorf("%s: got other changes than the module path", name)
			}
		}
	})
}

func TestMakeModule_refuses_a_malformed_path(t *testing.T) {
	before := read(t, filepath.Join(root, "go.mod"))
	for path, want := range map[string]string{
		"":                         "usage: make module MODULE=example.org/you/gifchat",
		"gifchat2":                 "missing dot in first path element",
		"example.org/you/gif chat": "invalid char ' '",
		"https://example.org/you":  "double slash",
		"example.org/you/":         "trailing slash",
		"example.org/../you":       "invalid path element",
		`example.org/"$(false)`:    "malformed module path",
	} {
		out, err := command(t, root, "make", "--no-print-directory", "module", "MODULE="+path).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("MODULE=%s: got error %v and output %q, want %q", path, err, out, want)
		}
	}
	if after := read(t, filepath.Join(root, "go.mod")); after != before {
		t.Errorf("go.mod after refused paths: got %s, want no change", after)
	}
}

// A program elsewhere imports socketio by its new path. Its module file lists the
// modules that the program is built from, and its checksums name no module of the chat.
func TestSocketio_is_imported_by_another_module(t *testing.T) {
	parent, _ := renamedCopy(t)
	stranger := filepath.Join(parent, "stranger")
	for _, name := range []string{"go.mod", "main.go", "main_test.go"} {
		copyFile(t, filepath.Join("testdata/stranger", name), filepath.Join(stranger, name))
	}
	run(t, stranger, "go", "mod", "tidy")
	indirect := regexp.MustCompile(`(?m)^\t(\S+) \S+ // indirect$`).FindAllStringSubmatch(read(t, filepath.Join(stranger, "go.mod")), -1)
	var got []string
	for _, m := range indirect {
		got = append(got, m[1])
	}
	if !slices.Equal(got, libraries) {
		t.Errorf("indirect requirements: got %q, want %q", got, libraries)
	}
	sums := read(t, filepath.Join(stranger, "go.sum"))
	for _, module := range []string{"gin-gonic", "modernc.org", "quic-go", "mongo-driver"} {
		if strings.Contains(sums, module) {
			t.Errorf("go.sum: got %s in it, want only modules of socketio and its tests:\n%s", module, sums)
		}
	}

	run(t, stranger, "go", "vet", ".")
	run(t, stranger, "go", "test", ".")
	run(t, stranger, "go", "build", "-o", "server", ".")
	server := command(t, stranger, "./server")
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = server.Process.Kill(), server.Wait() }()
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+strings.TrimSpace(address)+"/socket.io/?EIO=4&transport=polling", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err != nil || !strings.HasPrefix(string(body), `0{"sid":"`) {
		t.Errorf("handshake: got %q and %v, want an open packet", body, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
