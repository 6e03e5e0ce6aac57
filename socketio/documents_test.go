package socketio_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// codeBlock is a block of code in a document, unindented.
type codeBlock struct {
	language string
	text     string
}

var fence = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```")

// blocks returns the blocks of a document in the given languages.
func blocks(document string, languages ...string) (list []codeBlock) {
	for _, m := range fence.FindAllStringSubmatch(document, -1) {
		if slices.Contains(languages, m[1]) {
			list = append(list, codeBlock{language: m[1], text: unindented(m[2])})
		}
	}
	return list
}

// unindented removes the indentation, the empty lines, and the space that aligns comments.
func unindented(code string) string {
	var text strings.Builder
	for line := range strings.Lines(code) {
		if fields := strings.Fields(line); len(fields) > 0 {
			text.WriteString(strings.Join(fields, " ") + "\n")
		}
	}
	return text.String()
}

// readAll returns the content of the files below the working directory that have
// the extension.
func readAll(t *testing.T, extension string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != extension {
			return err
		}
		content, err := os.ReadFile(path)
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Readers copy code from documents. Every block is a part of a file that the
// compiler or the tests in a browser read.
func TestDocuments_show_code_of_the_programs(t *testing.T) {
	goFiles := make(map[string]string)
	for path, content := range readAll(t, ".go") {
		goFiles[path] = "\n" + unindented(content)
	}
	pages := make(map[string]string)
	for path, content := range readAll(t, ".html") {
		pages[path] = "\n" + unindented(content)
	}
	shown := 0
	for path, document := range readAll(t, ".md") {
		for _, block := range blocks(document, "go", "js", "html") {
			sources := pages
			if block.language == "go" {
				sources = goFiles
			}
			if !containedIn(sources, "\n"+block.text) {
				t.Errorf("%s: no source file has this block:\n%s", path, block.text)
			}
			shown++
		}
	}
	if shown < 20 {
		t.Errorf("blocks of code in documents: got %d, want at least 20", shown)
	}
}

func containedIn(sources map[string]string, text string) bool {
	for _, source := range sources {
		if strings.Contains(source, text) {
			return true
		}
	}
	return false
}

func TestTutorial_is_the_same_in_both_languages(t *testing.T) {
	const folder = "examples/get-started/"
	english, korean := readFile(t, folder+"README.md"), readFile(t, folder+"README.ko.md")
	languages := []string{"go", "js", "html"} // comments of shell commands are translated
	if en, ko := blocks(english, languages...), blocks(korean, languages...); !slices.Equal(en, ko) {
		t.Errorf("blocks of code: got %d and %d, or different ones, want the same in both languages", len(en), len(ko))
	}
	level := regexp.MustCompile(`(?m)^(#+ (?:\d\.)?)`)
	en, ko := level.FindAllString(fence.ReplaceAllString(english, ""), -1), level.FindAllString(fence.ReplaceAllString(korean, ""), -1)
	if !slices.Equal(en, ko) {
		t.Errorf("headings: got %q and %q, want the same levels and numbers", en, ko)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// A name in a document such as `Socket.Join` or `Config.Log` exists.
func TestDocuments_name_declarations_that_exist(t *testing.T) {
	names := declarations(t)
	name := regexp.MustCompile("`([A-Z]\\w+\\.[A-Z][\\w.]+)[`(]")
	for path, document := range readAll(t, ".md") {
		if path == "CHANGELOG.md" {
			continue // it has the names of the past
		}
		for _, m := range name.FindAllStringSubmatch(fence.ReplaceAllString(document, ""), -1) {
			if !names[m[1]] {
				t.Errorf("%s: names %s, which package socketio does not declare", path, m[1])
			}
		}
	}
}

// declarations returns the names that the package declares, those of methods and
// fields with their type.
func declarations(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{"Limits.Engine.MaxQueueBytes": true} // of package engineio
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			addDeclaration(names, decl)
		}
	}
	for name := range names { // methods that two types have from an embedded one
		if method, ok := strings.CutPrefix(name, "handlers."); ok {
			names["Namespace."+method], names["ParentNamespace."+method] = true, true
		}
	}
	return names
}

func addDeclaration(names map[string]bool, decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		prefix := ""
		if d.Recv != nil {
			receiver := d.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			prefix = receiver.(*ast.Ident).Name + "."
		}
		names[prefix+d.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, ident := range spec.Names {
					names[ident.Name] = true
				}
			case *ast.TypeSpec:
				addType(names, spec)
			}
		}
	}
}

func addType(names map[string]bool, spec *ast.TypeSpec) {
	names[spec.Name.Name] = true
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range fields.Fields.List {
		for _, ident := range field.Names {
			names[spec.Name.Name+"."+ident.Name] = true
		}
	}
}
