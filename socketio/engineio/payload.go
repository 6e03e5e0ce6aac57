package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// A payload is one or more packets in a polling body, separated by the record
// separator. A binary packet is "b" and base64 (section "Packet encoding", "HTTP
// long-polling").
const recordSeparator = 0x1e

var errNotUTF8 = errors.New("payload is not valid UTF-8")

// DecodePayload calls each for every packet of a polling body, in order, and returns
// the first error. The Data of a text packet aliases body.
func DecodePayload(body []byte, each func(Packet) error) error {
	if !utf8.Valid(body) {
		return errNotUTF8
	}
	for {
		record, rest, more := bytes.Cut(body, []byte{recordSeparator})
		p, err := parseRecord(record)
		if err != nil {
			return err
		}
		if err := each(p); err != nil {
			return err
		}
		if !more {
			return nil
		}
		body = rest
	}
}

// parseRecord decodes a packet of a payload or of a text WebSocket message. "b" and
// base64 is a binary message.
func parseRecord(b []byte) (Packet, error) {
	if len(b) == 0 || b[0] != base64Mark {
		return ParsePacket(b)
	}
	data, err := decodeBase64(b[1:])
	if err != nil {
		return Packet{}, err
	}
	return Packet{Type: PacketMessage, Binary: true, Data: data}, nil
}

// AppendPayload appends p to the polling body in dst.
func AppendPayload(dst []byte, p Packet) []byte {
	if len(dst) > 0 {
		dst = append(dst, recordSeparator)
	}
	if p.Binary {
		dst = append(dst, base64Mark)
		return base64.StdEncoding.AppendEncode(dst, p.Data)
	}
	return p.AppendText(dst)
}
