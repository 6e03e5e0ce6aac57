package engineio

import "errors"

// PacketType is the first character of an encoded packet (section "Protocol").
type PacketType byte

// The packet types. In revision 3 the client sends pings and the server sends pongs.
const (
	PacketOpen    PacketType = '0' // server to client: response to the handshake
	PacketClose   PacketType = '1' // either side: the connection ends
	PacketPing    PacketType = '2' // server to client; "2probe" from client to server during an upgrade
	PacketPong    PacketType = '3' // client to server; "3probe" from server to client during an upgrade
	PacketMessage PacketType = '4' // either side: data for the layer above
	PacketUpgrade PacketType = '5' // client to server: completes an upgrade
	PacketNoop    PacketType = '6' // server to client: ends a poll during an upgrade
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
