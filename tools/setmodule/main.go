// Command setmodule changes the module path of this repository:
//
//	go run ./setmodule <folder of the repository> <module path>
//
// It rewrites the go.mod files, the imports, and each document and setting that
// names a package. Other uses of the same word stay: the name of the program,
// its files and its environment variables. `make module` runs it.
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// bareNames are the places, by file, where the module path stands without the
// name of a package. %s is the path.
var bareNames = map[string]string{
	"arch_test.go":  `(const module = ")%s"`,
	".golangci.yml": `((?:pkg|module-path): |local-prefixes: \[)%s\b`,
}

// skipped are the folders without sources of the module.
var skipped = []string{".git", ".tools", "node_modules", "testdata", "vendor", "data", "tmp"}

func main() {
	if len(os.Args) != 3 || os.Args[2] == "" {
		fmt.Fprintln(os.Stderr, "usage: make module MODULE=example.org/you/gifchat")
		os.Exit(2)
	}
	changed, err := setModule(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "setmodule:", err)
		os.Exit(1)
	}
	fmt.Printf("module %s: %d files changed\n", os.Args[2], changed)
}

// setModule renames the module at root and returns the number of changed files.
// After an error in a file, it has written nothing.
func setModule(root, path string) (changed int, err error) {
	if err := module.CheckPath(path); err != nil {
		return 0, err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return 0, err
	}
	old := modfile.ModulePath(mod)
	if old == path {
		return 0, nil
	}
	files, err := readFiles(root)
	if err != nil {
		return 0, err
	}
	r := renamer{old: old, path: path, folders: goFolders(files)}
	for name, content := range files {
		renamed, err := r.rename(name, content)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		if bytes.Equal(renamed, content) {
			delete(files, name)
		} else {
			files[name] = renamed
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(root, name), content, 0o644); err != nil { // keeps the mode of the file
			return 0, err
		}
	}
	return len(files), nil
}

// readFiles returns the text files below root by their slash-separated paths.
func readFiles(root string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(skipped, d.Name()):
			return filepath.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil || bytes.IndexByte(content, 0) >= 0 {
			return err
		}
		name, err := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = content
		return err
	})
	return files, err
}

// goFolders returns the top folders that contain Go files.
func goFolders(files map[string][]byte) map[string]bool {
	folders := make(map[string]bool)
	for name := range files {
		if top, _, ok := strings.Cut(name, "/"); ok && strings.HasSuffix(name, ".go") {
			folders[top] = true
		}
	}
	return folders
}

// renamer replaces the module path old by path.
type renamer struct {
	old, path string
	folders   map[string]bool
}

// rename returns the new content of a file.
func (r renamer) rename(name string, content []byte) ([]byte, error) {
	if filepath.Base(name) == "go.mod" {
		return r.goMod(name, content)
	}
	if pattern, ok := bareNames[name]; ok {
		bare := regexp.MustCompile(fmt.Sprintf(pattern, "(?:"+regexp.QuoteMeta(r.old)+")"))
		if !bare.Match(content) {
			return nil, fmt.Errorf("%q does not match: correct bareNames of setmodule", bare)
		}
		content = bare.ReplaceAllFunc(content, func(found []byte) []byte {
			return bytes.Replace(found, []byte(r.old), []byte(r.path), 1)
		})
	}
	content = r.text(content)
	if filepath.Ext(name) == ".go" {
		return format.Source(content) // sorts the imports
	}
	return content, nil
}

// goMod renames the module and what is below it in all directives of a go.mod.
func (r renamer) goMod(name string, content []byte) ([]byte, error) {
	file, err := modfile.Parse(name, content, nil)
	if err != nil {
		return nil, err
	}
	for _, stmt := range file.Syntax.Stmt {
		switch stmt := stmt.(type) {
		case *modfile.Line:
			r.tokens(stmt.Token)
		case *modfile.LineBlock:
			for _, line := range stmt.Line {
				r.tokens(line.Token)
			}
		}
	}
	return modfile.Format(file.Syntax), nil
}

func (r renamer) tokens(tokens []string) {
	for i, token := range tokens {
		if rest, ok := strings.CutPrefix(token, r.old); ok && (rest == "" || rest[0] == '/') {
			tokens[i] = r.path + rest
		}
	}
}

// text replaces the old path where it names the module or a package.
func (r renamer) text(content []byte) []byte {
	var out []byte
	for {
		i := bytes.Index(content, []byte(r.old))
		if i < 0 {
			return append(out, content...)
		}
		before, rest := content[:i], content[i+len(r.old):]
		found := r.old
		if r.names(slices.Concat(out, before), rest) {
			found = r.path
		}
		out, content = append(append(out, before...), found...), rest
	}
}

var firstFolder = regexp.MustCompile(`^/([\w-]+)`)

// names reports whether the old path between before and after names the module.
// A path like example.org/you/gifchat always does. A single word does before
// the folder of a package.
func (r renamer) names(before, after []byte) bool {
	if !strings.Contains(r.old, ".") {
		folder := firstFolder.FindSubmatch(after)
		return folder != nil && r.folders[string(folder[1])] && !endsWith(before, "/.~-_@")
	}
	return !endsWith(before, ".~-_") && (len(after) == 0 || !isPart(after[0], "~-_"))
}

func endsWith(text []byte, others string) bool {
	return len(text) > 0 && isPart(text[len(text)-1], others)
}

// isPart reports whether c continues a word: a letter, a digit or one of others.
func isPart(c byte, others string) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(others, c) >= 0
}
