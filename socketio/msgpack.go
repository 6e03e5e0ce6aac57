package socketio

import (
	"bytes"
	"errors"
	"math"
	"strings"

	"gifchat/socketio/engineio"
)

// Clients with the parser socket.io-msgpack-parser send each packet as one
// binary message: a MessagePack map of type, data, nsp, and optionally id and
// options. Binary parts are in place, so there are no attachments. The reader
// and the writer convert to and from the text form: the rest of the package
// handles only that form.
// https://github.com/socketio/socket.io-msgpack-parser

var (
	errMsgpack     = errors.New("malformed MessagePack")
	errMsgpackText = errors.New("text from a client that speaks MessagePack")
)

// msgpack decodes a binary message that contains a whole packet.
func (d *decoder) msgpack(b []byte) (decoded, error) {
	r := msgpackReader{rest: b, limits: d.limits}
	p, err := r.packet()
	if err != nil {
		return decoded{}, err
	}
	return decode(p, r.parts)
}

// packet reads a packet. Its data becomes JSON, its binary parts r.parts.
func (r *msgpackReader) packet() (packet, error) {
	members, err := r.token()
	if err != nil || members.kind != msgpackMap {
		return packet{}, errMsgpack
	}
	var p packet
	for range members.n {
		key, err := r.string()
		if err == nil {
			err = r.member(&p, string(key))
		}
		if err != nil {
			return packet{}, err
		}
	}
	if len(r.rest) > 0 || p.typ == 0 || p.namespace == "" {
		return packet{}, errPacket
	}
	return p, r.finish(&p)
}

// member reads the value of one member of a packet.
func (r *msgpackReader) member(p *packet, key string) error {
	switch key {
	case "type":
		t, err := r.token()
		if err != nil || t.kind != msgpackUint || t.n > uint64(packetConnectError-packetConnect) {
			return errPacket
		}
		p.typ = packetConnect + packetType(t.n)
		return nil
	case "nsp":
		return r.namespace(p)
	case "id":
		return r.id(p)
	case "data":
		if r.json != nil {
			return errPacket
		}
		return r.value(0)
	default: // options, which servers ignore
		ignored := msgpackReader{rest: r.rest, limits: r.limits}
		err := ignored.value(0)
		r.rest = ignored.rest
		return err
	}
}

// namespace reads the name of the namespace. It accepts only names that can be
// part of a text packet, because answers are encoded as text first.
func (r *msgpackReader) namespace(p *packet) error {
	name, err := r.string()
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

func (r *msgpackReader) id(p *packet) error {
	if b, ok := bytes.CutPrefix(r.rest, []byte(msgpackUndefined)); ok {
		r.rest = b
		return nil
	}
	t, err := r.token()
	switch {
	case err != nil:
		return err
	case t.kind == msgpackNil:
		return nil
	case t.kind != msgpackUint:
		return errPacket
	case t.n > maxAckID:
		return errAckID
	}
	p.id, p.hasID = t.n, true
	return nil
}

// finish completes p as a text client would have sent it.
func (r *msgpackReader) finish(p *packet) error {
	if string(r.json) != "null" {
		p.data = r.json
	}
	args := p.typ == packetEvent || p.typ == packetAck
	if args && p.data == nil {
		return errPacket
	}
	if len(r.parts) == 0 {
		return nil
	}
	if !args || r.forged {
		return errPacket
	}
	p.typ += packetBinaryEvent - packetEvent
	p.attachments = len(r.parts)
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
	w := msgpackWriter{attachments: p.Attachments()}
	w.head(msgpackMap, members)
	w.string("type")
	w.out = append(w.out, byte(packet.typ-packetConnect))
	if packet.data != nil {
		w.string("data")
		w.json(packet.data)
	}
	w.string("nsp")
	w.string(packet.namespace)
	if packet.hasID {
		w.string("id")
		w.uint(packet.id)
	}
	return engineio.PrepareBinary(w.out)
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
