package socketio

import (
	"errors"
	"strconv"
)

// packetType is the first character of a packet (protocol document, section
// "Packet types").
type packetType byte

const (
	packetConnect      packetType = '0'
	packetDisconnect   packetType = '1'
	packetEvent        packetType = '2'
	packetAck          packetType = '3'
	packetConnectError packetType = '4'
	packetBinaryEvent  packetType = '5'
	packetBinaryAck    packetType = '6'
)

// maxAckID is the largest integer that JavaScript holds exactly.
const maxAckID = 1<<53 - 1

// packet is one unit of the protocol:
//
//	<type>[<attachments>-][<namespace>,][<ack id>][<JSON payload>]
type packet struct {
	typ         packetType
	attachments int    // the number of binary messages that follow
	namespace   string // "/" unless the packet names another
	query       string // after the name; clients of the old revision send it instead of a payload
	id          uint64 // of an acknowledgement
	hasID       bool
	data        []byte // JSON, unchecked; nil if missing
}

func (p *packet) binary() bool {
	return p.typ == packetBinaryEvent || p.typ == packetBinaryAck
}

var (
	errPacket      = errors.New("malformed packet")
	errAttachments = errors.New("too many attachments")
	errNamespace   = errors.New("namespace is too long")
	errAckID       = errors.New("ack id is too large")
)

// parsePacket decodes the text part of a packet. The data aliases b.
func parsePacket(b []byte, limits *Limits) (packet, error) {
	if len(b) == 0 || b[0] < '0' || b[0] > '6' {
		return packet{}, errPacket
	}
	p := packet{typ: packetType(b[0]), namespace: "/"}
	b = b[1:]
	var err error
	if p.binary() {
		if b, err = p.parseAttachments(b, limits.MaxAttachments); err != nil {
			return packet{}, err
		}
	}
	if b, err = p.parseNamespace(b, limits.MaxNamespaceName); err != nil {
		return packet{}, err
	}
	if b, err = p.parseID(b); err != nil {
		return packet{}, err
	}
	if len(b) > 0 {
		p.data = b
	}
	return p, nil
}

// parseAttachments reads "<n>-". It checks the limit before any memory is
// allocated for the attachments.
func (p *packet) parseAttachments(b []byte, limit int) ([]byte, error) {
	n, digits := leadingDigits(b)
	if digits == 0 || digits == len(b) || b[digits] != '-' || n == 0 {
		return nil, errPacket // a binary packet has at least one attachment
	}
	if n > uint64(limit) { //nolint:gosec // a limit is never negative
		return nil, errAttachments
	}
	p.attachments = int(n) //nolint:gosec // at most limit
	return b[digits+1:], nil
}

// parseNamespace reads "/name,". The comma is optional at the end of the packet.
// Clients of revision 4 can add a query, which is not part of the name.
func (p *packet) parseNamespace(b []byte, limit int) ([]byte, error) {
	if len(b) == 0 || b[0] != '/' {
		return b, nil
	}
	end, query := 0, -1
	for end < len(b) && b[end] != ',' {
		if b[end] == '?' && query < 0 {
			query = end
		}
		if end++; end > limit {
			return nil, errNamespace
		}
	}
	if query < 0 {
		query = end
	}
	p.namespace = string(b[:query])
	if query < end {
		p.query = string(b[query+1 : end])
	}
	return b[min(end+1, len(b)):], nil
}

func (p *packet) parseID(b []byte) ([]byte, error) {
	n, digits := leadingDigits(b)
	if digits == 0 {
		return b, nil
	}
	if n > maxAckID && p.typ != packetAck && p.typ != packetBinaryAck {
		return nil, errAckID // JavaScript would round it, and the answer would have another id
	}
	p.id, p.hasID = n, true // an acknowledgement with a larger id matches no event and is ignored
	return b[digits:], nil
}

// leadingDigits reads a decimal number and returns its value and length. The
// value of a number above maxAckID is only known to be above it.
func leadingDigits(b []byte) (n uint64, digits int) {
	for digits < len(b) && b[digits] >= '0' && b[digits] <= '9' {
		if n <= maxAckID {
			n = n*10 + uint64(b[digits]-'0')
		}
		digits++
	}
	return n, digits
}

// appendHeader appends the part of the packet before the JSON payload.
func (p *packet) appendHeader(dst []byte) []byte {
	dst = append(dst, byte(p.typ))
	if p.binary() {
		dst = strconv.AppendInt(dst, int64(p.attachments), 10)
		dst = append(dst, '-')
	}
	if p.namespace != "/" {
		dst = append(dst, p.namespace...)
		dst = append(dst, ',')
	}
	if p.hasID {
		dst = strconv.AppendUint(dst, p.id, 10)
	}
	return dst
}
