package datadir

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCookieSecret_is_created_once_and_kept(t *testing.T) {
	dir := t.TempDir()
	first, err := CookieSecret("", dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) < minSecret {
		t.Errorf("length: got %d bytes, want at least %d", len(first), minSecret)
	}
	info, err := os.Stat(filepath.Join(dir, secretFile))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode: got %o, want 600", got)
	}
	second, err := CookieSecret("", dir)
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Errorf("second start: got the secret %q, want %q", second, first)
	}
	left, err := filepath.Glob(filepath.Join(dir, secretFile+".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files: got %q, %v, want none", left, err)
	}
}

func TestCookieSecret_is_the_same_for_concurrent_first_starts(t *testing.T) {
	dir := t.TempDir()
	secrets := make(chan string)
	for range 8 {
		go func() {
			s, err := CookieSecret("", dir)
			if err != nil {
				t.Error(err)
			}
			secrets <- string(s)
		}()
	}
	first := <-secrets
	for range 7 {
		if got := <-secrets; got != first {
			t.Errorf("secret of another start: got %q, want %q", got, first)
		}
	}
}

func TestCookieSecret_refuses_a_damaged_file(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, secretFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := CookieSecret("", dir); err == nil {
		t.Errorf("file of one byte: got the secret %q, want an error", got)
	}
}
