package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// secretFile is the cookie secret's place in the data folder.
const secretFile = "cookie-secret"

// cookieSecret is the configured secret or, without one, the secret kept in
// dir, which the first start makes. Two first starts at once agree on one.
func cookieSecret(configured, dir string) ([]byte, error) {
	if configured != "" {
		return []byte(configured), nil
	}
	path := filepath.Join(dir, secretFile)
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeSecret(dir, path); err == nil {
			secret, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cookie secret: %w", err)
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("cookie secret: %s is damaged; delete it and everyone gets a new session", path)
	}
	if err := os.Chmod(path, 0o600); err != nil { // it may come from a careless backup
		return nil, fmt.Errorf("cookie secret: %w", err)
	}
	return secret, nil
}

// addressKey derives the key for the hashes of banned addresses from the secret. It
// needs no file of its own and does not reveal the secret. A new secret ends the
// bans of addresses.
func addressKey(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("banned addresses"))
	return mac.Sum(nil)
}

// oldSecrets is the secret before, if there is one.
func oldSecrets(configured string) [][]byte {
	if configured == "" {
		return nil
	}
	return [][]byte{[]byte(configured)}
}

// makeSecret puts a new secret at path, unless one is there. It is written
// beside and linked into place, so that no one ever reads half of it.
func makeSecret(dir, path string) error {
	f, err := os.CreateTemp(dir, secretFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(rand.Text() + rand.Text()) // 260 random bits
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
