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

// mayImport lists for each package of the module the packages of the module that it may
// import. A package may also import the packages below itself. main may import all. A
// package that is not listed has the entry of the folder above.
var mayImport = map[string][]string{
	"ratelimit": {},
	"i18n":      {},

	"rooms":         {},
	"store":         {"rooms"},
	"store/datadir": {"rooms", "store", "store/internal/disk"},
	"store/inspect": {"rooms", "store", "store/internal/disk", "store/internal/sqliteerr"},

	"socketio":                     {},
	"socketio/adaptertest":         {"socketio", "socketio/internal/siotest"},
	"socketio/sockettest":          {"socketio", "socketio/internal/rawjson"},
	"socketio/engineio":            {"socketio/internal/carrier"},
	"socketio/engineio/gosocketio": {"socketio/internal/carrier"},
	"socketio/examples":            {"socketio", "socketio/adaptertest"},

	"handlers":          {"i18n", "rooms", "socketio"},
	"handlers/pages":    {"handlers/encoding", "handlers/input", "handlers/limits", "handlers/refusal", "handlers/session", "handlers/wire", "i18n", "rooms"},
	"handlers/media":    {"handlers/encoding", "handlers/input", "handlers/limits", "handlers/refusal", "handlers/session", "i18n", "ratelimit", "rooms"},
	"handlers/events":   {"handlers/input", "handlers/limits", "handlers/refusal", "handlers/session", "handlers/timers", "handlers/wire", "i18n", "rooms", "socketio"},
	"handlers/notice":   {"handlers/logline", "handlers/origin", "handlers/wire", "i18n", "ratelimit", "socketio"},
	"handlers/session":  {"handlers/input", "handlers/limits", "handlers/logline", "handlers/origin", "rooms", "socketio"},
	"handlers/memory":   {"handlers/timers", "socketio"},
	"handlers/limits":   {"handlers/origin", "ratelimit", "rooms"},
	"handlers/input":    {"handlers/refusal", "rooms"},
	"handlers/origin":   {"handlers/logline", "handlers/refusal"},
	"handlers/refusal":  {"i18n", "ratelimit", "rooms"},
	"handlers/wire":     {"rooms"},
	"handlers/logline":  {"handlers/timers"},
	"handlers/encoding": {},
	"handlers/timers":   {},

	"test": {"rooms", "store", "socketio", "socketio/engineio", "handlers"},
}

// testsMayImport lists what the tests of a package may import besides: real parts in
// place of mocks.
var testsMayImport = map[string][]string{
	"socketio/examples":            {"socketio/sockettest"},
	"rooms":                        {"store", "store/inspect", "store/storetest"},
	"store/inspect":                {"store/storetest"},
	"socketio/engineio":            {"socketio/internal/siotest"},
	"socketio/engineio/gosocketio": {"socketio", "socketio/engineio", "socketio/internal/siotest"},
	"handlers":                     {"ratelimit", "store", "store/storetest"},
	"handlers/limits":              {"handlers/events", "socketio", "store", "store/storetest"},
	"handlers/session":             {"store"},
}

// goPackage is a package as go list prints it.
type goPackage struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags", "long", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
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

// rule returns the name of the entry of mayImport for a package: its own, or that of
// the folder above.
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
			t.Errorf("%s: got no entry in mayImport, want one", name)
			continue
		}
		checkImports(t, name, of, "", p.Imports, mayImport[of])
		forTests := slices.Concat(mayImport[of], testsMayImport[of], []string{name})
		checkImports(t, name, of, " in tests", slices.Concat(p.TestImports, p.XTestImports), forTests)
	}
}

// checkImports reports the imports of a package that its entry does not allow.
func checkImports(t *testing.T, name, of, where string, imports, allowed []string) {
	t.Helper()
	for _, imported := range imports {
		target, ours := strings.CutPrefix(imported, module+"/")
		if !ours {
			continue
		}
		below := strings.HasPrefix(target, of+"/")
		above := target == of && name != of && of != "socketio" // e.g. store/storetest imports store
		if !below && !above && !slices.Contains(allowed, target) {
			t.Errorf("%s imports %s%s, want only %q and what is below %s", name, target, where, allowed, of)
		}
	}
}

// The library go-socket.io carries old clients if a setting chooses it. Only its own
// package may import it.
func TestArchitecture_go_socket_io_stays_inside_its_fence(t *testing.T) {
	const fence, library = module + "/socketio/engineio/gosocketio", "github.com/googollee/go-socket.io"
	uses := false
	for _, p := range packages(t) {
		if p.ImportPath != module && slices.Contains(p.Imports, fence) {
			t.Errorf("%s imports %s, want only main to import it", p.ImportPath, fence)
		}
		for _, imported := range p.Imports {
			switch {
			case !strings.HasPrefix(imported, library):
			case p.ImportPath != fence:
				t.Errorf("%s imports %s, want only %s to import it", p.ImportPath, imported, fence)
			case !strings.HasPrefix(imported, library+"/engineio/"):
				t.Errorf("%s imports %s, want only packages below engineio", p.ImportPath, imported)
			default:
				uses = true
			}
		}
	}
	if !uses {
		t.Errorf("%s: got no import of %s, want one", fence, library)
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
			return // people read its generator instead
		}
		most := 400
		if strings.HasSuffix(path, "_test.go") {
			most = 700 // tables are long and read by the row
		}
		if lines := bytes.Count(content, []byte("\n")); lines > most {
			t.Errorf("%s: got %d lines, want at most %d: split it by subject", path, lines, most)
		}
	})
}

func TestArchitecture_the_environment_is_read_in_one_place(t *testing.T) {
	reads := regexp.MustCompile(`\bos\.(Getenv|LookupEnv|Environ|ExpandEnv)\b`)
	goFiles(t, func(path string, content []byte) {
		if strings.HasSuffix(path, "_test.go") || path == "main.go" || path == "config.go" {
			return // main passes os.Getenv to run, which passes it to loadConfig
		}
		if found := reads.Find(content); found != nil {
			t.Errorf("%s uses %s, want settings from config.go only", path, found)
		}
	})
}

// A promise names the tests that keep it, so a renamed test is renamed there too.
func TestArchitecture_promises_name_tests_that_exist(t *testing.T) {
	promises, err := os.ReadFile("docs/promises.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)`)
	exists := make(map[string]bool)
	goFiles(t, func(_ string, content []byte) {
		for _, match := range declared.FindAllSubmatch(content, -1) {
			exists[string(match[1])] = true
		}
	})
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`|`(\\w+\\.test\\.js)`").FindAllSubmatch(promises, -1)
	if len(named) == 0 {
		t.Error("docs/promises.md: got no names of tests, want some")
	}
	for _, match := range named {
		if file := string(match[2]); file != "" {
			_, err = os.Stat("test/" + file)
		} else if err = nil; !exists[string(match[1])] {
			err = fmt.Errorf("got the name %s, want that of an existing test", match[1])
		}
		if err != nil {
			t.Errorf("docs/promises.md: %v", err)
		}
	}
}

// notBelow lists the first version of each module without a known vulnerability.
// `make vuln` finds others, and needs a network.
var notBelow = map[string][]int{
	"github.com/quic-go/quic-go": {0, 59, 1}, // brought by Gin
	"golang.org/x/net":           {0, 62, 0},
}

func TestDependencies_have_no_version_with_a_known_vulnerability(t *testing.T) {
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
