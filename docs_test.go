package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// files returns the slash-separated paths of all files of the repository,
// without those that git ignores by folder.
func files(t *testing.T) (paths []string) {
	t.Helper()
	ignored := []string{"node_modules", ".git", ".tools", "data", "tmp", "screenshots"}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains(ignored, d.Name()) {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() {
			paths = append(paths, filepath.ToSlash(p))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// documents calls f with each Markdown file.
func documents(t *testing.T, paths []string, f func(name, text string)) {
	t.Helper()
	for _, p := range paths {
		if path.Ext(p) != ".md" {
			continue
		}
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		f(p, string(text))
	}
}

func TestDocuments_link_to_files_that_exist(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`) // no URL, no bare anchor
	code := regexp.MustCompile("(?s)```.*?```")              // has calls such as Data[User](s)
	documents(t, files(t), func(name, text string) {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			if _, err := os.Stat(path.Join(path.Dir(name), m[1])); err != nil {
				t.Errorf("%s: link %q: %v", name, m[1], err)
			}
		}
	})
}

// Names of files and tests go out of date when code moves.
func TestDocuments_name_files_and_tests_that_exist(t *testing.T) {
	paths := files(t)
	declared := make(map[string]bool)
	declaration := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	goFiles(t, func(_ string, content []byte) {
		for _, m := range declaration.FindAllSubmatch(content, -1) {
			declared[string(m[1])] = true
		}
	})
	test := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`")
	file := regexp.MustCompile("`([a-z][\\w./-]*\\.(?:go|js|sh|html|css))`")
	documents(t, paths, func(name, text string) {
		if name == "CHANGELOG.md" || strings.HasPrefix(name, "public/vendor/") {
			return // the past; files of the build
		}
		for _, m := range test.FindAllStringSubmatch(text, -1) {
			if !declared[m[1]] {
				t.Errorf("%s: names test %s, which does not exist", name, m[1])
			}
		}
		for _, m := range file.FindAllStringSubmatch(text, -1) {
			exists := slices.ContainsFunc(paths, func(p string) bool { return p == m[1] || strings.HasSuffix(p, "/"+m[1]) })
			if !exists && !strings.HasPrefix(m[1], "socket.io.") { // files of the client bundle
				t.Errorf("%s: names file %s, which does not exist", name, m[1])
			}
		}
	})
}

func TestReadmes_have_the_same_sections(t *testing.T) {
	heading := regexp.MustCompile(`(?m)^(#+) (.+)$`)
	levels := make(map[string][]string)
	readmes := []string{"README.md", "README.ko.md"}
	for _, name := range readmes {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		titles := make(map[string]bool)
		code := regexp.MustCompile("(?s)```.*?```")
		for _, m := range heading.FindAllStringSubmatch(code.ReplaceAllString(string(text), ""), -1) {
			levels[name] = append(levels[name], m[1])
			if titles[m[2]] {
				t.Errorf("%s: got section %q twice, want it once", name, m[2])
			}
			titles[m[2]] = true
		}
	}
	if en, ko := levels[readmes[0]], levels[readmes[1]]; !slices.Equal(en, ko) {
		t.Errorf("levels of the sections:\nREADME.md    %q\nREADME.ko.md %q", en, ko)
	}
}
