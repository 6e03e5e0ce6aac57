package engineio

import "encoding/base64"

// codec encodes and decodes packets as one revision of the protocol, and one kind of
// client, requires (section "Packet encoding").
type codec uint8

const (
	revision4       codec = iota
	revision4Base64       // WebSocket only: the client requested binary as base64
	revision3             // the client supports binary payloads
	revision3Base64       // the client receives binary as base64
	codecExternal         // revision 3, encoded by a carrier

	codecCount // number of codecs
)

// revision returns 3 or 4.
func (k codec) revision() int {
	if k == revision4 || k == revision4Base64 {
		return 4
	}
	return 3
}

// webSocket returns the codec for a WebSocket of the client. As in the reference
// server, the request of each transport decides about base64.
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

// pollResponse is the response to a poll: a body, packets for a carrier, or an error.
type pollResponse struct {
	body   []byte
	binary bool // the content type is application/octet-stream

	items []*Prepared // for a carrier, instead of body

	err *requestError // instead of body and items
}

// encodePayload encodes packets for a poll. ascii rewrites text for clients that need
// ASCII, see Config.ASCII.
func (k codec) encodePayload(ascii func([]byte) []byte, items ...*Prepared) pollResponse {
	if k == codecExternal {
		return pollResponse{items: items}
	}
	resp := pollResponse{binary: k == revision3 && needsBinaryPayload3(items)}
	appendPacket := AppendPayload
	switch {
	case resp.binary:
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
			resp.body = appendPacket(resp.body, Packet{Type: PacketType(p.text[0]), Data: text})
		}
		for _, data := range p.binary {
			resp.body = appendPacket(resp.body, Packet{Type: PacketMessage, Binary: true, Data: data})
		}
	}
	return resp
}

// needsBinaryPayload3 reports whether a payload of revision 3 must be binary. Text
// beyond ASCII needs it too: clients 1.x in browsers read a text payload byte by byte
// and misinterpret its length.
func needsBinaryPayload3(items []*Prepared) bool {
	for _, p := range items {
		if len(p.binary) > 0 || len(p.text) != utf16Len(p.text) {
			return true
		}
	}
	return false
}

// decode calls each for every packet of the body of a POST.
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

// frames returns the WebSocket frames of p.
func (k codec) frames(p *Prepared) []byte {
	if k == revision4 || len(p.binary) == 0 {
		return p.frames
	}
	return p.framesAs(k)
}

// binaryPrefix returns the bytes before the data of a binary message in codecs other
// than revision4, and whether the data is base64.
func (k codec) binaryPrefix() (prefix string, encoded bool) {
	switch k {
	case revision4Base64:
		return string(base64Mark), true
	case revision3Base64:
		return string(base64Mark) + string(PacketMessage), true
	default:
		return string(PacketMessage - PacketOpen), false
	}
}

// binarySize returns the encoded length of a binary message with n bytes of data.
func (k codec) binarySize(n int) int {
	prefix, encoded := k.binaryPrefix()
	if encoded {
		n = base64.StdEncoding.EncodedLen(n)
	}
	return len(prefix) + n
}

// appendBinary appends the WebSocket frame of a binary message.
func (k codec) appendBinary(b, data []byte) []byte {
	prefix, encoded := k.binaryPrefix()
	if !encoded {
		b = append(appendFrameHeader(b, frameBinary, k.binarySize(len(data))), prefix...)
		return append(b, data...)
	}
	b = append(appendFrameHeader(b, frameText, k.binarySize(len(data))), prefix...)
	return base64.StdEncoding.AppendEncode(b, data)
}
