package socketio

import (
	"bytes"
	"errors"
	"math"
	"strings"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/msgpack"
)

// Clients with the parser socket.io-msgpack-parser send each packet as one
// binary message: a MessagePack map of type, data, nsp, and optionally id and
// options. Binary parts are in place, so there are no attachments. The reader
// and the writer convert to and from the text form: the rest of the package
// handles only that form.
// https://github.com/socketio/socket.io-msgpack-parser

var errMsgpackText = errors.New("text from a client that uses MessagePack")

// packetReader reads a packet from MessagePack.
type packetReader struct {
	msgpack.Reader
	limits *Limits
}

// msgpack decodes a binary message that contains a whole packet.
func (d *decoder) msgpack(b []byte) (decoded, error) {
	r := packetReader{
		Reader: msgpack.Reader{Rest: b, MaxBytes: d.limits.MaxPacketBytes, MaxParts: d.limits.MaxAttachments},
		limits: d.limits,
	}
	p, err := r.packet()
	if errors.Is(err, msgpack.ErrSize) {
		return decoded{}, errPacketSize
	}
	if err != nil {
		return decoded{}, err
	}
	return decode(p, r.Parts)
}

// packet reads a packet. Its data becomes JSON, its binary parts r.Parts.
func (r *packetReader) packet() (packet, error) {
	members, err := r.Token()
	if err != nil || members.Kind != msgpack.Map {
		return packet{}, msgpack.ErrMalformed
	}
	var p packet
	for range members.N {
		key, err := r.String()
		if err == nil {
			err = r.member(&p, string(key))
		}
		if err != nil {
			return packet{}, err
		}
	}
	if len(r.Rest) > 0 || p.typ == 0 || p.namespace == "" {
		return packet{}, errPacket
	}
	return p, r.finish(&p)
}

// member reads the value of one member of a packet.
func (r *packetReader) member(p *packet, key string) error {
	switch key {
	case "type":
		t, err := r.Token()
		if err != nil || t.Kind != msgpack.Uint || t.N > uint64(packetConnectError-packetConnect) {
			return errPacket
		}
		p.typ = packetConnect + packetType(t.N)
		return nil
	case "nsp":
		return r.namespace(p)
	case "id":
		return r.id(p)
	case "data":
		if r.JSON != nil {
			return errPacket
		}
		return r.Value(0)
	default: // options, which servers ignore
		ignored := msgpack.Reader{Rest: r.Rest, MaxBytes: r.MaxBytes, MaxParts: r.MaxParts}
		err := ignored.Value(0)
		r.Rest = ignored.Rest
		return err
	}
}

// namespace reads the name of the namespace. It accepts only names that can be
// part of a text packet, because answers are encoded as text first.
func (r *packetReader) namespace(p *packet) error {
	name, err := r.String()
	switch {
	case err != nil:
		return err
	case len(name) > r.limits.MaxNamespaceName:
		return errNamespace
	case len(name) == 0 || name[0] != '/' || bytes.IndexByte(name, ',') >= 0:
		return errPacket
	}
	p.namespace, p.query, _ = strings.Cut(string(name), "?")
	return nil
}

func (r *packetReader) id(p *packet) error {
	if b, ok := bytes.CutPrefix(r.Rest, []byte(msgpack.Undefined)); ok {
		r.Rest = b
		return nil
	}
	t, err := r.Token()
	switch {
	case err != nil:
		return err
	case t.Kind == msgpack.Nil:
		return nil
	case t.Kind != msgpack.Uint:
		return errPacket
	case t.N > maxAckID:
		return errAckID
	}
	p.id, p.hasID = t.N, true
	return nil
}

// finish completes p as a text client would have sent it.
func (r *packetReader) finish(p *packet) error {
	if string(r.JSON) != "null" {
		p.data = r.JSON
	}
	args := p.typ == packetEvent || p.typ == packetAck
	if args && p.data == nil {
		return errPacket
	}
	if len(r.Parts) == 0 {
		return nil
	}
	if !args || r.Forged {
		return errPacket
	}
	p.typ += packetBinaryEvent - packetEvent
	p.attachments = len(r.Parts)
	return nil
}

// toMsgpack converts a packet of this server to MessagePack. p must come from
// encode or encodeObject.
func toMsgpack(p *engineio.Prepared) *engineio.Prepared {
	packet, err := parsePacket(p.Text(), &Limits{MaxAttachments: math.MaxInt, MaxNamespaceName: math.MaxInt})
	if err != nil {
		panic(err) // the server has encoded it
	}
	if packet.binary() {
		packet.typ -= packetBinaryEvent - packetEvent
	}
	members := 2
	if packet.data != nil {
		members++
	}
	if packet.hasID {
		members++
	}
	w := msgpack.Writer{Attachments: p.Attachments()}
	w.Head(msgpack.Map, members)
	w.String("type")
	w.Out = append(w.Out, byte(packet.typ-packetConnect))
	if packet.data != nil {
		w.String("data")
		w.JSON(packet.data)
	}
	w.String("nsp")
	w.String(packet.namespace)
	if packet.hasID {
		w.String("id")
		w.Uint(packet.id)
	}
	return engineio.PrepareBinary(w.Out)
}

// translation is a packet in the encodings of its receivers. The MessagePack
// form is made when the first client needs it.
type translation struct {
	text    *engineio.Prepared
	msgpack *engineio.Prepared // nil until a client needs it
}

func (t *translation) of(c *client) *engineio.Prepared {
	if !c.msgpack {
		return t.text
	}
	if t.msgpack == nil {
		t.msgpack = toMsgpack(t.text)
	}
	return t.msgpack
}
