package engineio

import "encoding/base64"

// codec is what the revisions of the protocol, and the abilities of clients,
// differ in on the wire.
type codec uint8

const (
	revision4       codec = iota
	revision4Base64       // of a WebSocket only: binary is base64 for the client
	revision3             // the client takes binary payloads
	revision3Base64       // it does not: binary is base64 for it
	carried               // revision 3, encoded by a Carrier

	codecs // how many there are
)

// revision returns 3 or 4.
func (k codec) revision() int {
	if k == revision4 || k == revision4Base64 {
		return 4
	}
	return 3
}

// webSocket returns the codec of a WebSocket of the client. The reference
// server reads from the request of each transport whether it wants base64.
func (k codec) webSocket(wantsBase64 bool) codec {
	switch {
	case k.revision() == 4 && wantsBase64:
		return revision4Base64
	case k.revision() == 4:
		return revision4
	case wantsBase64:
		return revision3Base64
	default:
		return revision3
	}
}

// answer is what a poll is answered with.
type answer struct {
	body   []byte
	binary bool // application/octet-stream instead of text

	items []*Prepared // instead of body, for a Carrier

	refusal *handshakeError // instead of both
}

// payload encodes packets for a poll. ascii rewrites text for clients that
// cannot be sent it as it is, see Config.ASCII.
func (k codec) payload(ascii func([]byte) []byte, items ...*Prepared) answer {
	if k == carried {
		return answer{items: items}
	}
	a := answer{binary: k == revision3 && anyBinary3(items)}
	appendPacket := AppendPayload
	switch {
	case a.binary:
		appendPacket = appendBinary3
	case k.revision() != 4:
		appendPacket = appendText3
	}
	for _, p := range items {
		if p.text != nil {
			text := p.text[1:]
			if k == revision3Base64 && p.text[0] == byte(PacketMessage) {
				text = ascii(text)
			}
			a.body = appendPacket(a.body, Packet{Type: PacketType(p.text[0]), Data: text})
		}
		for _, data := range p.binary {
			a.body = appendPacket(a.body, Packet{Type: PacketMessage, Binary: true, Data: data})
		}
	}
	return a
}

// anyBinary3 tells whether a payload for a client that takes binary has to be
// one. Text beyond ASCII counts: clients 1.x in browsers read a text payload
// byte by byte and then miscount its length.
func anyBinary3(items []*Prepared) bool {
	for _, p := range items {
		if len(p.binary) > 0 || len(p.text) != utf16Len(p.text) {
			return true
		}
	}
	return false
}

// decode calls each for every packet of a POST's body.
func (k codec) decode(body []byte, binary bool, each func(Packet) error) error {
	switch {
	case k.revision() == 4:
		return DecodePayload(body, each)
	case binary:
		return decodeBinary3(body, each)
	default:
		return decodeText3(body, each)
	}
}

// parseText decodes a text WebSocket message.
func (k codec) parseText(b []byte) (Packet, error) {
	if k.revision() == 4 {
		return parseRecord(b)
	}
	return parseRecord3(b)
}

// parseBinary decodes a binary WebSocket message.
func (k codec) parseBinary(b []byte) (Packet, error) {
	if k.revision() == 4 {
		return Packet{Type: PacketMessage, Binary: true, Data: b}, nil
	}
	return parseBinary3(b)
}

// frames returns p's WebSocket frames.
func (k codec) frames(p *Prepared) []byte {
	if k == revision4 || len(p.binary) == 0 {
		return p.frames
	}
	return p.framesFor(k)
}

// binaryMark returns what stands before the data of a binary message that is not
// sent as revision 4 does by default.
func (k codec) binaryMark() (mark string, encoded bool) {
	switch k {
	case revision4Base64:
		return string(base64Mark), true
	case revision3Base64:
		return string(base64Mark) + string(PacketMessage), true
	default:
		return string(PacketMessage - PacketOpen), false
	}
}

// binarySize returns the length of a binary message of n bytes.
func (k codec) binarySize(n int) int {
	mark, encoded := k.binaryMark()
	if encoded {
		n = base64.StdEncoding.EncodedLen(n)
	}
	return len(mark) + n
}

// appendBinary appends the WebSocket frame of a binary message.
func (k codec) appendBinary(b, data []byte) []byte {
	mark, encoded := k.binaryMark()
	if !encoded {
		b = append(appendFrameHeader(b, frameBinary, k.binarySize(len(data))), mark...)
		return append(b, data...)
	}
	b = append(appendFrameHeader(b, frameText, k.binarySize(len(data))), mark...)
	return base64.StdEncoding.AppendEncode(b, data)
}
