package rooms

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a guess, as OWASP asks for:
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const (
	hashMemory  = 19 << 10 // KiB
	hashTime    = 2
	hashThreads = 1
	hashKeyLen  = 32
	hashSaltLen = 16
)

// hashSlots bounds the memory and the processors that strangers can claim by
// sending passwords: 19 MiB, and as much again or twice that until the garbage
// collector has come. With two at a time 200 passwords at once took up to 127 MiB
// and both processors of a small machine; with one up to 71.
const hashSlots = 1

// hasher hashes room passwords, one at a time.
type hasher struct {
	memory, time uint32 // of new hashes, as above
	slots        chan struct{}
}

func newHasher() hasher {
	return hasher{memory: hashMemory, time: hashTime, slots: make(chan struct{}, hashSlots)}
}

// hash returns the password's hash in PHC form:
// https://github.com/P-H-C/phc-string-format
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	p := phc{memory: h.memory, time: h.time, threads: hashThreads, salt: make([]byte, hashSaltLen)}
	rand.Read(p.salt)
	var err error
	if p.key, err = h.derive(ctx, p, password, hashKeyLen, func() error { return nil }); err != nil {
		return "", err
	}
	return p.String(), nil
}

// matches tells whether the password is the one behind a hash. It calls begin
// before it hashes, and returns its error.
func (h hasher) matches(ctx context.Context, hash, password string, begin func() error) (bool, error) {
	p, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	key, err := h.derive(ctx, p, password, uint32(len(p.key)), begin) //nolint:gosec // a few dozen bytes of a row of ours
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1, nil
}

func (h hasher) derive(ctx context.Context, p phc, password string, keyLen uint32, begin func() error) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
	}
	if err := begin(); err != nil {
		return nil, err
	}
	return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, keyLen), nil
}

// phc is a parsed hash. It carries its own cost, so that the constants above
// can be raised without locking anybody out of an older room.
type phc struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
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
