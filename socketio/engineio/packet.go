package engineio

import "errors"

// PacketType is the first character of an encoded packet (section "Packet types").
type PacketType byte

// The packet types.
const (
	PacketOpen    PacketType = '0' // server to client: the handshake's answer
	PacketClose   PacketType = '1' // either side: the connection ends
	PacketPing    PacketType = '2' // server to client; with "probe" from client to server while upgrading
	PacketPong    PacketType = '3' // client to server; with "probe" the other way
	PacketMessage PacketType = '4' // either side: data for the layer above
	PacketUpgrade PacketType = '5' // client to server: the probe has succeeded
	PacketNoop    PacketType = '6' // server to client: ends a poll
)

// Packet is one unit of the protocol. Data does not include the type.
type Packet struct {
	Type   PacketType
	Binary bool // only message packets can be binary
	Data   []byte
}

var (
	errEmptyPacket = errors.New("empty packet")
	errPacketType  = errors.New("unknown packet type")
)

// ParsePacket decodes a text packet. The packet's Data aliases b.
func ParsePacket(b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, errEmptyPacket
	}
	t := PacketType(b[0])
	if t < PacketOpen || t > PacketNoop {
		return Packet{}, errPacketType
	}
	return Packet{Type: t, Data: b[1:]}, nil
}

// AppendText appends the encoded form of a text packet to dst.
func (p Packet) AppendText(dst []byte) []byte {
	dst = append(dst, byte(p.Type))
	return append(dst, p.Data...)
}
