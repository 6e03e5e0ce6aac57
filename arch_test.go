package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "gifchat"

// mayImport are the arrows of the architecture: a package of ours may import
// these packages of ours and no others. A package may always import those
// below itself. main may import everything.
var mayImport = map[string][]string{
	"rooms":                        {},
	"store":                        {"rooms"},
	"socketio":                     {},
	"socketio/adaptertest":         {"socketio", "socketio/internal/siotest"},
	"socketio/engineio":            {},
	"socketio/engineio/gosocketio": {"socketio/engineio"},
	"handlers":                     {"rooms", "socketio"},
	"test":                         {"rooms", "store", "socketio", "socketio/engineio", "handlers"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// rule is the entry of mayImport that p falls under: its own or that of the
// folder above.
func rule(p string) (name string, ok bool) {
	for name = p; name != "."; name = filepath.Dir(name) {
		if _, ok := mayImport[name]; ok {
			return name, true
		}
	}
	return "", false
}

func TestArchitecture_arrows_point_inward(t *testing.T) {
	for _, p := range packages(t) {
		name, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue // main
		}
		of, ok := rule(name)
		if !ok {
			t.Errorf("%s is not in the table; say what it may import", name)
			continue
		}
		allowed := mayImport[of]
		for _, imported := range p.Imports {
			target, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			below := strings.HasPrefix(target, of+"/")
			sibling := target == of && name != of && of != "socketio" // e.g. store/storetest → store
			if !below && !sibling && !slices.Contains(allowed, target) {
				t.Errorf("%s imports %s; it may import only %q and what is below %s", name, target, allowed, of)
			}
		}
	}
}

// The library that carries old clients, if the settings say so, is not one to
// be met by accident.
func TestArchitecture_go_socket_io_stays_inside_its_fence(t *testing.T) {
	const fence, library = module + "/socketio/engineio/gosocketio", "github.com/googollee/go-socket.io"
	uses := false
	for _, p := range packages(t) {
		if p.ImportPath != module && slices.Contains(p.Imports, fence) {
			t.Errorf("%s imports %s; only main may choose it", p.ImportPath, fence)
		}
		for _, imported := range p.Imports {
			switch {
			case !strings.HasPrefix(imported, library):
			case p.ImportPath != fence:
				t.Errorf("%s imports %s; only %s may", p.ImportPath, imported, fence)
			case !strings.HasPrefix(imported, library+"/engineio/"):
				t.Errorf("%s imports %s; only its engineio half is used", p.ImportPath, imported)
			default:
				uses = true
			}
		}
	}
	if !uses {
		t.Errorf("%s does not import %s", fence, library)
	}
}

// goFiles calls f with every Go file of the module.
func goFiles(t *testing.T, f func(path string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains([]string{"node_modules", "tools", "testdata", "data"}, d.Name()) || len(path) > 1 && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		content, err := os.ReadFile(path)
		if err == nil {
			f(filepath.ToSlash(path), content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestArchitecture_files_are_readable_in_one_sitting(t *testing.T) {
	goFiles(t, func(path string, content []byte) {
		if bytes.HasPrefix(content, []byte("// Code generated ")) {
			return // its generator is read instead
		}
		most := 400
		if strings.HasSuffix(path, "_test.go") {
			most = 700 // tables are long and read by the row
		}
		if lines := bytes.Count(content, []byte("\n")); lines > most {
			t.Errorf("%s has %d lines; split it by noun, %d at most", path, lines, most)
		}
	})
}

func TestArchitecture_the_environment_is_read_in_one_place(t *testing.T) {
	reads := regexp.MustCompile(`\bos\.(Getenv|LookupEnv|Environ|ExpandEnv)\b`)
	goFiles(t, func(path string, content []byte) {
		if strings.HasSuffix(path, "_test.go") || path == "main.go" || path == "config.go" {
			return // main hands os.Getenv to run, which hands it to loadConfig
		}
		if found := reads.Find(content); found != nil {
			t.Errorf("%s uses %s; settings come from config.go", path, found)
		}
	})
}

// A promise whose test has been renamed away is one that nobody keeps.
func TestArchitecture_promises_name_tests_that_exist(t *testing.T) {
	promises, err := os.ReadFile("docs/promises.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)`)
	there := make(map[string]bool)
	goFiles(t, func(_ string, content []byte) {
		for _, match := range declared.FindAllSubmatch(content, -1) {
			there[string(match[1])] = true
		}
	})
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`|`(\\w+\\.test\\.js)`").FindAllSubmatch(promises, -1)
	if len(named) == 0 {
		t.Error("docs/promises.md names no test")
	}
	for _, match := range named {
		if file := string(match[2]); file != "" {
			_, err = os.Stat("test/" + file)
		} else if err = nil; !there[string(match[1])] {
			err = fmt.Errorf("there is no %s", match[1])
		}
		if err != nil {
			t.Errorf("docs/promises.md: %v", err)
		}
	}
}

// notBelow are the first versions of modules without a known weakness that
// `make vuln` would report. It needs a network; this does not.
var notBelow = map[string][]int{
	"github.com/quic-go/quic-go": {0, 59, 1}, // brought by Gin
	"golang.org/x/net":           {0, 62, 0},
}

func TestDependencies_have_no_version_with_a_known_weakness(t *testing.T) {
	for name, least := range notBelow {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", name).Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := make([]int, 3)
		if _, err := fmt.Sscanf(string(out), "v%d.%d.%d", &got[0], &got[1], &got[2]); err != nil {
			t.Fatalf("%s: version %q: %v", name, out, err)
		}
		if slices.Compare(got, least) < 0 {
			t.Errorf("%s: got %v, want at least %v", name, got, least)
		}
	}
}
