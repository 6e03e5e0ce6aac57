package rooms

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// The cost of a hash, as OWASP recommends:
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const (
	hashMemory  = 19 << 10 // KiB
	hashTime    = 2
	hashThreads = 1
	hashKeyLen  = 32
	hashSaltLen = 16
)

// hashPatience is how long a password waits for the hasher.
const hashPatience = 10 * time.Second

// hasher hashes room passwords, one at a time. This bounds the memory that visitors can
// occupy by sending passwords to 19 MiB, plus 19 to 38 MiB that the garbage collector has
// yet to free. 200 concurrent passwords took up to 71 MiB; with two hashes at a time they
// took up to 127 MiB and both processors of a small machine.
type hasher struct {
	memory, time uint32 // the cost of new hashes
	slot         chan struct{}
	closing      <-chan struct{} // ends all waits
}

func newHasher(closing <-chan struct{}) hasher {
	return hasher{memory: hashMemory, time: hashTime, slot: make(chan struct{}, 1), closing: closing}
}

// exclusively calls f while no other password is hashed. It returns an ErrUnavailable
// after hashPatience or when the service closes: a queue of passwords must not delay the
// shutdown.
func (h hasher) exclusively(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case h.slot <- struct{}{}:
		defer func() { <-h.slot }()
		return f()
	case <-h.closing:
		return fmt.Errorf("hash password: %w: the server stops", ErrUnavailable)
	case <-ctx.Done():
		return fmt.Errorf("hash password: %w: %w", ErrUnavailable, context.Cause(ctx))
	}
}

// hash returns the password's hash in PHC form:
// https://github.com/P-H-C/phc-string-format
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	p := phc{memory: h.memory, time: h.time, threads: hashThreads, salt: make([]byte, hashSaltLen)}
	rand.Read(p.salt)
	err := h.exclusively(ctx, func() error {
		p.key = p.derive(password, hashKeyLen)
		return nil
	})
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

// matches reports whether a hash is the password's.
func matches(hash, password string) (bool, error) {
	p, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	key := p.derive(password, uint32(len(p.key))) //nolint:gosec // a few dozen bytes from the database
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

// phc is a parsed hash. It has its own cost, so the constants above can be raised
// without making the passwords of older rooms invalid.
type phc struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

func (p phc) derive(password string, keyLen uint32) []byte {
	return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, keyLen)
}

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

func parsePHC(s string) (phc, error) {
	var p phc
	var version int
	fields := strings.Split(s, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return phc{}, fmt.Errorf("%w: unknown kind of password hash", ErrUnavailable)
	}
	_, err := fmt.Sscanf(fields[2]+" "+fields[3], "v=%d m=%d,t=%d,p=%d", &version, &p.memory, &p.time, &p.threads)
	if err == nil {
		p.salt, err = base64.RawStdEncoding.DecodeString(fields[4])
	}
	if err == nil {
		p.key, err = base64.RawStdEncoding.DecodeString(fields[5])
	}
	// argon2 panics on a time or a parallelism of zero.
	if err != nil || version != argon2.Version || p.time == 0 || p.threads == 0 || len(p.key) < hashKeyLen {
		return phc{}, fmt.Errorf("%w: damaged password hash", ErrUnavailable)
	}
	return p, nil
}
