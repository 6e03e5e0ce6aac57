// Package prose checks that comments, documents and test names are written in
// plain technical English. CONTRIBUTING.md has the rules, in its section "Words".
package prose

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root = "../.."

	// maxPerThousand is the number of matches of indirect that 1,000 lines of
	// comments, or of a document, may have.
	maxPerThousand = 10
)

// indirect are patterns of sentences that hide their subject or use a word
// that no reader would search for. They are a smoke detector: a plain sentence
// may match one by accident, so each package may have a few.
var indirect = []*regexp.Regexp{
	// A pronoun in place of a noun.
	regexp.MustCompile(`(?:^|[.:;] )(?:Who|Whose|Whoever|Whom|None|One of which|That of|Those who)\b[^?]*(?:[.;,]|$)`),
	regexp.MustCompile(`(?:[,;:(] |\b(?:and|or|but|of|for|to|by|from|with|if|when|as|than|is|are|that|know|knows|say|says) )who(?:ever)? [a-z]`),
	regexp.MustCompile(`\b(?:[Ww]hoever|[Ww]hosoever|[Ss]uch a one|[Tt]he other one|[Oo]f theirs|[Oo]f its own kind)\b`),
	// Archaic and literary words.
	regexp.MustCompile(`\b(?:[Mm]eanwhile|[Aa]new|[Ff]or ever|[Ss]o many|[Aa]s it were|[Cc]ustoms of|[Tt]he house|[Ff]or the sake of|[Tt]hereof|[Hh]ence)\b`),
	// Negations of a being.
	regexp.MustCompile(`\b(?:is|are|was|were|be) (?:none|no longer any|no such)\b`),
	regexp.MustCompile(`\b(?:is|are|was|were) no [a-z]+(?:[.,;:]|$)`),
	regexp.MustCompile(`\b(?:is|was|be) one(?:[.,;:]|$)`),
	// Talking code.
	regexp.MustCompile(`\btell(?:s)? (?:whether|what|who|that|how|if|which)\b`),
	regexp.MustCompile(`\b(?:is|are|was|were|be|been|being) (?:told|said)\b`),
	regexp.MustCompile(`\b(?:says|said|say) (?:so|it|which|no|yes|whether)\b`),
}

var (
	goComment    = regexp.MustCompile(`^\s*//\s?(.*)|^.*[^:"'` + "`" + `]//\s(.*)$`)
	shellComment = regexp.MustCompile(`^\s*#+\s?(.*)$`)
	notProse     = []string{"node_modules", "vendor", "testdata", "data", "tmp", "screenshots", "golden"}
	declaredTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w*)\(`)
	// A name without a verb is short: three capitalised words name a thing, more are a sentence.
	testName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)(?:(?:[A-Z]+[a-z0-9]*){1,3}|[A-Z][A-Za-z0-9]*_[a-z][a-z0-9]*(?:_[A-Za-z0-9]+)*)$`)
)

// prose returns the lines of a file that are read as English.
func prose(path string, content []byte) []string {
	lines := strings.Split(string(content), "\n")
	switch filepath.Ext(path) {
	case ".md":
		return documentLines(lines)
	case ".go", ".js", ".mjs":
		return matches(goComment, lines)
	case ".css", ".tmpl", ".html":
		return nil
	case ".sh", ".py":
		return matches(shellComment, lines)
	}
	if name := filepath.Base(path); name == "Makefile" || name == ".env.example" {
		return matches(shellComment, lines)
	}
	return nil
}

// documentLines leaves out code blocks and empty lines.
func documentLines(lines []string) (text []string) {
	code := false
	for _, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		} else if !code && strings.TrimSpace(line) != "" {
			text = append(text, line)
		}
	}
	return text
}

func matches(comment *regexp.Regexp, lines []string) (text []string) {
	for _, line := range lines {
		if m := comment.FindStringSubmatch(line); m != nil {
			text = append(text, strings.Join(m[1:], ""))
		}
	}
	return text
}

func walk(t *testing.T, visit func(path string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (slices.Contains(notProse, d.Name()) || strings.HasPrefix(d.Name(), ".") && d.Name() != ".."):
			if path == root {
				return nil
			}
			return filepath.SkipDir
		case d.IsDir():
			return nil
		}
		content, err := os.ReadFile(path)
		if err == nil && !bytes.HasPrefix(content, []byte("// Code generated ")) {
			relative, _ := filepath.Rel(root, path)
			visit(filepath.ToSlash(relative), content)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestComments_are_plain_english(t *testing.T) {
	type count struct {
		lines, hits int
		examples    []string
	}
	counts := make(map[string]*count)
	walk(t, func(path string, content []byte) {
		if path == "test/prose/prose_test.go" || strings.HasSuffix(path, ".ko.md") {
			return // the patterns themselves; Korean
		}
		dir := filepath.Dir(path)
		c := counts[dir]
		if c == nil {
			c = new(count)
			counts[dir] = c
		}
		for _, line := range prose(path, content) {
			c.lines++
			if slices.ContainsFunc(indirect, func(p *regexp.Regexp) bool { return p.MatchString(line) }) {
				c.hits++
				c.examples = append(c.examples, path+": "+line)
			}
		}
	})
	for _, dir := range slices.Sorted(maps.Keys(counts)) {
		c := counts[dir]
		rate := 1000 * float64(c.hits) / float64(cmp.Or(c.lines, 1))
		if c.hits > 1 && rate > maxPerThousand {
			t.Errorf("%s: got %.0f indirect lines in 1,000 (%d of %d), want at most %d", dir, rate, c.hits, c.lines, maxPerThousand)
		}
		if testing.Verbose() {
			t.Logf("%s: %d of %d\n%s", dir, c.hits, c.lines, strings.Join(c.examples, "\n"))
		}
	}
}

func TestTests_are_named_TestThing_verb(t *testing.T) {
	walk(t, func(path string, content []byte) {
		if !strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, m := range declaredTest.FindAllSubmatch(content, -1) {
			if name := string(m[1]); name != "TestMain" && !testName.MatchString(name) {
				t.Errorf("%s: got test name %s, want the form TestThing_verb_condition", path, name)
			}
		}
	})
}

func TestDocComments_begin_with_the_name(t *testing.T) {
	walk(t, func(path string, content []byte) {
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			name, doc := "", (*ast.CommentGroup)(nil)
			switch d := decl.(type) {
			case *ast.FuncDecl:
				name, doc = d.Name.Name, d.Doc
			case *ast.GenDecl:
				if spec, ok := d.Specs[0].(*ast.TypeSpec); ok && len(d.Specs) == 1 {
					name, doc = spec.Name.Name, d.Doc
				}
			}
			if doc == nil || name == "main" || name == "init" {
				continue
			}
			first, _, _ := strings.Cut(doc.Text(), "\n")
			if !regexp.MustCompile(`^(?:(?:A|An|The) )?` + name + `\b`).MatchString(first) {
				t.Errorf("%s: the comment of %s begins %q, want the name first", path, name, first)
			}
		}
	})
}
