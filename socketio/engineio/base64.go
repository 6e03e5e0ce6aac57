package engineio

import (
	"encoding/base64"
	"errors"
)

// base64Mark is the first character of a text packet with binary data as base64
// (section "Packet encoding", "HTTP long-polling"). A client with the option
// forceBase64 sends such packets over WebSocket too.
const base64Mark = 'b'

var errBase64 = errors.New("malformed base64")

// decodeBase64 accepts the standard and the URL alphabet, optional padding of any
// length, and white space between the characters, as the reference server does. The
// reference server also skips other characters and an incomplete last group.
// decodeBase64 returns errBase64 for these, because the program would receive other
// bytes than the client had.
func decodeBase64(b []byte) ([]byte, error) {
	data, err := base64.StdEncoding.AppendDecode(nil, b)
	if err == nil {
		return data, nil
	}
	data, err = base64.RawStdEncoding.AppendDecode(data[:0], standardBase64(b))
	if err != nil {
		return nil, errBase64
	}
	return data, nil
}

// standardBase64 returns b in the standard alphabet, without white space and
// padding.
func standardBase64(b []byte) []byte {
	standard := make([]byte, 0, len(b))
	for _, c := range b {
		switch c {
		case ' ', '\t', '\n', '\v', '\f', '\r':
			continue
		case '-':
			c = '+'
		case '_':
			c = '/'
		}
		standard = append(standard, c)
	}
	for len(standard) > 0 && standard[len(standard)-1] == '=' {
		standard = standard[:len(standard)-1]
	}
	return standard
}
