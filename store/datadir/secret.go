package datadir

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gifchat/store/internal/disk"
)

const (
	// secretFile is the name of the cookie secret's file in the data folder.
	secretFile = "cookie-secret"

	// minSecret is the length in bytes below which the file must be damaged.
	minSecret = 32
)

// CookieSecret returns the configured secret. If configured is empty, it returns
// the secret stored in the folder, which the first start creates. Processes that
// start at the same time get the same secret.
func CookieSecret(configured, dir string) ([]byte, error) {
	if configured != "" {
		return []byte(configured), nil
	}
	path := filepath.Join(dir, secretFile)
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createSecret(dir, path); err == nil {
			secret, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cookie secret: %w", err)
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("cookie secret: %s is damaged; delete it and everyone gets a new session", path)
	}
	if err := os.Chmod(path, 0o600); err != nil { // a copy may have another mode
		return nil, fmt.Errorf("cookie secret: %w", err)
	}
	return secret, nil
}

// createSecret stores a new secret at path, unless the file exists. It links a
// complete file into place, so that no process reads a part of it.
func createSecret(dir, path string) error {
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
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return disk.SyncDir(dir) // without the secret, every session would end after a power cut
}

// AddressKey derives the key for the hashes of banned addresses from the cookie
// secret, which it does not reveal. With a new secret, bans of addresses end.
func AddressKey(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("banned addresses"))
	return mac.Sum(nil)
}
