//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runCommitCheck runs .ci/commits in dir and returns its output and whether it
// accepted the subjects.
func runCommitCheck(t *testing.T, dir, base, stdin string, args ...string) (output string, ok bool) {
	t.Helper()
	script, err := filepath.Abs(".ci/commits")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), script, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "BASE="+base)
	out, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	return string(out), err == nil
}

func TestCommitCheck_accepts_the_form_and_explains_each_violation(t *testing.T) {
	for subject, want := range map[string]string{
		"rooms: reject empty names":                        "",
		"rooms/gif: accept frames beyond the screen":       "",
		".ci: check commit subjects":                       "",
		"all: rename rulings to moderation":                "",
		"docs: embed the screenshot, then compress it":     "",
		"rooms: 한국어 이름을 거절":                                "lower-case letter",
		"store: " + strings.Repeat("a", 65):                "",
		"store: " + strings.Repeat("a", 66):                "at most 72 characters, got 73",
		"Reject empty names":                               `want "package: verb`,
		"the rooms: reject empty names":                    `want "package: verb`,
		"rooms:reject empty names":                         `want "package: verb`,
		"rooms, store: reject empty names":                 "want one package",
		"rooms(gif): reject empty names":                   "want one package",
		"rooms: Reject empty names":                        "lower-case letter",
		"rooms: rejects empty names":                       `got "rejects"`,
		"rooms: rejected empty names":                      `got "rejected"`,
		"rooms: rejecting empty names":                     `got "rejecting"`,
		"rooms: tokens that are made at once are too many": `got "tokens"`,
		"handlers: a kick in a recovery is one":            `got "a"`,
		"test: whose example has ended leaves":             `got "whose"`,
		"rooms: reject empty names.":                       "no full stop",
	} {
		out, ok := runCommitCheck(t, ".", "", subject+"\n", "--stdin")
		if ok != (want == "") || !strings.Contains(out, want) || want == "" && out != "" {
			t.Errorf("%q: got accepted %t, output %q, want %q", subject, ok, out, want)
		}
	}
}

func TestCommitCheck_checks_only_commits_after_the_base(t *testing.T) {
	repository := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		cmd.Dir = repository
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "Old form.")
	base := git("rev-parse", "HEAD")
	git("commit", "-q", "--allow-empty", "-m", "rooms: reject empty names")
	if out, ok := runCommitCheck(t, repository, base, ""); !ok || out != "" {
		t.Errorf("one good commit: got accepted %t, output %q, want true and no output", ok, out)
	}
	git("commit", "-q", "--allow-empty", "-m", "Bad")
	if out, ok := runCommitCheck(t, repository, base, ""); ok || strings.Count(out, "\n") != 1 || !strings.Contains(out, `"Bad"`) {
		t.Errorf("a bad commit: got accepted %t, output %q, want false and one line about it", ok, out)
	}

	clone := filepath.Join(t.TempDir(), "clone")
	git("clone", "-q", "--depth", "1", "file://"+repository, clone)
	if out, ok := runCommitCheck(t, clone, base, ""); ok || !strings.Contains(out, "shallow") || !strings.Contains(out, `"Bad"`) {
		t.Errorf("shallow clone: got accepted %t, output %q, want false, the word shallow and the bad commit", ok, out)
	}
	if out, ok := runCommitCheck(t, repository, strings.Repeat("1", 40), ""); !ok || !strings.Contains(out, "not checked") {
		t.Errorf("another history: got accepted %t, output %q, want true and a note", ok, out)
	}
}
