package engineio

import (
	"encoding/base64"
	"errors"
	"strconv"
	"unicode/utf8"
)

// Engine.IO revision 3, the protocol of clients 1.x and 2.x
// (https://github.com/socketio/socket.io/blob/main/docs/engine.io-protocol/v3.md,
// section "Payload"). It differs from revision 4 in the payload of polling, the first
// byte of binary messages, and the direction of pings.
//
// A text payload is <length>:<packet>…, where length counts UTF-16 code units. A
// binary payload is <0 for text, 1 for binary><decimal digits of the length, one byte
// each>0xff<packet>…, where length counts bytes.

const (
	lengthEnd   = ':'
	binaryEnd   = 0xff
	binaryText  = 0
	binaryBytes = 1

	// maxLengthDigits is more digits than the length of any allowed payload has.
	maxLengthDigits = 9
)

var errPayloadLength = errors.New("malformed payload length")

// decodeText3 calls each for every packet of a text payload.
func decodeText3(body []byte, each func(Packet) error) error {
	if !utf8.Valid(body) {
		return errNotUTF8
	}
	if len(body) == 0 {
		return errPayloadLength
	}
	for len(body) > 0 {
		units, digits := parseDecimal(body, lengthEnd)
		if digits == 0 {
			return errPayloadLength
		}
		body = body[digits+1:]
		n := utf16Prefix(body, units)
		if n < 0 {
			return errPayloadLength
		}
		record := body[:n]
		body = body[n:]
		if n == 0 {
			continue // the reference parser skips an empty record
		}
		if err := handleRecord3(decodeUTF8Twice(record), each); err != nil {
			return err
		}
	}
	return nil
}

// decodeUTF8Twice undoes the second UTF-8 encoding that clients 1.x apply to text
// payloads. Text encoded twice has no character above U+00FF, and its characters are
// the bytes of valid UTF-8. Text of a client 2.x almost never has both properties.
func decodeUTF8Twice(record []byte) []byte {
	beyondASCII := false
	for _, c := range record {
		if c > 0xc3 { // lead byte of a character above U+00FF
			return record
		}
		beyondASCII = beyondASCII || c >= utf8.RuneSelf
	}
	if !beyondASCII {
		return record
	}
	decoded := make([]byte, 0, len(record))
	for _, r := range string(record) {
		decoded = append(decoded, byte(r)) //nolint:gosec // at most U+00FF
	}
	if !utf8.Valid(decoded) {
		return record
	}
	return decoded
}

// decodeBinary3 calls each for every packet of a binary payload.
func decodeBinary3(body []byte, each func(Packet) error) error {
	if len(body) == 0 {
		return errPayloadLength
	}
	for len(body) > 0 {
		kind := body[0]
		if kind > binaryBytes {
			return errPayloadLength
		}
		size, digits := parseBinaryDecimal(body[1:])
		if digits == 0 || size > len(body)-digits-2 {
			return errPayloadLength
		}
		record := body[digits+2 : digits+2+size]
		body = body[digits+2+size:]
		if err := handleBinaryRecord3(kind, record, each); err != nil {
			return err
		}
	}
	return nil
}

func handleBinaryRecord3(kind byte, record []byte, each func(Packet) error) error {
	if kind == binaryBytes {
		p, err := parseBinary3(record)
		if err != nil {
			return err
		}
		return each(p)
	}
	if !utf8.Valid(record) {
		return errNotUTF8
	}
	return handleRecord3(record, each)
}

func handleRecord3(record []byte, each func(Packet) error) error {
	p, err := parseRecord3(record)
	if err != nil {
		return err
	}
	return each(p)
}

// parseRecord3 decodes a packet of a payload or of a text WebSocket message. "b4" and
// base64 is a binary message. Packets of other types may have the mark "b" too, and
// their data is ignored.
func parseRecord3(b []byte) (Packet, error) {
	if len(b) == 0 || b[0] != base64Mark {
		return ParsePacket(b)
	}
	p, err := ParsePacket(b[1:])
	if err != nil {
		return Packet{}, err
	}
	if p.Type != PacketMessage {
		return Packet{Type: p.Type}, nil
	}
	p.Binary = true
	p.Data, err = decodeBase64(p.Data)
	return p, err
}

// parseBinary3 decodes a binary packet. Its type is a number, not a digit.
func parseBinary3(b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, errEmptyPacket
	}
	if b[0] != byte(PacketMessage-PacketOpen) {
		return Packet{}, errPacketType
	}
	return Packet{Type: PacketMessage, Binary: true, Data: b[1:]}, nil
}

// appendText3 appends a packet to a text payload.
func appendText3(dst []byte, p Packet) []byte {
	if p.Binary {
		dst = strconv.AppendInt(dst, int64(2+base64.StdEncoding.EncodedLen(len(p.Data))), 10)
		dst = append(dst, lengthEnd, base64Mark, byte(p.Type))
		return base64.StdEncoding.AppendEncode(dst, p.Data)
	}
	dst = strconv.AppendInt(dst, int64(1+utf16Len(p.Data)), 10)
	dst = append(dst, lengthEnd)
	return p.AppendText(dst)
}

// appendBinary3 appends a packet to a binary payload.
func appendBinary3(dst []byte, p Packet) []byte {
	kind, typ := byte(binaryText), byte(p.Type)
	if p.Binary {
		kind, typ = binaryBytes, byte(p.Type-PacketOpen)
	}
	dst = append(dst, kind)
	for _, digit := range strconv.Itoa(1 + len(p.Data)) {
		dst = append(dst, byte(digit-'0')) //nolint:gosec // a digit
	}
	dst = append(dst, binaryEnd, typ)
	return append(dst, p.Data...)
}

// parseDecimal parses the number before end. digits is 0 if the number is missing or
// too long.
func parseDecimal(b []byte, end byte) (n, digits int) {
	for digits < len(b) && digits <= maxLengthDigits && b[digits] >= '0' && b[digits] <= '9' {
		n = n*10 + int(b[digits]-'0')
		digits++
	}
	if digits == len(b) || digits > maxLengthDigits || b[digits] != end {
		return 0, 0
	}
	return n, digits
}

// parseBinaryDecimal parses digits of one byte each before 0xff. digits is 0 if the
// number is missing or too long.
func parseBinaryDecimal(b []byte) (n, digits int) {
	for digits < len(b) && digits <= maxLengthDigits && b[digits] <= 9 {
		n = n*10 + int(b[digits])
		digits++
	}
	if digits == len(b) || digits > maxLengthDigits || b[digits] != binaryEnd {
		return 0, 0
	}
	return n, digits
}

// utf16Len returns the number of UTF-16 code units of valid UTF-8.
func utf16Len(b []byte) int {
	units := 0
	for _, c := range b {
		switch {
		case c >= 0xf0:
			units += 2 // lead byte of a character that is a surrogate pair
		case c < 0x80 || c >= 0xc0:
			units++
		}
	}
	return units
}

// utf16Prefix returns the number of bytes of the first units UTF-16 code units of b. It
// returns -1 if b is shorter or the prefix ends within a surrogate pair.
func utf16Prefix(b []byte, units int) int {
	n := 0
	for n < len(b) && units > 0 {
		r, size := utf8.DecodeRune(b[n:])
		n += size
		if units--; r > 0xffff {
			units--
		}
	}
	if units != 0 {
		return -1
	}
	return n
}
