package socketio

import (
	"bytes"
	"encoding/json"
	"errors"

	"gifchat/socketio/internal/rawjson"
)

var (
	errUnexpectedBinary = errors.New("binary data that no packet announced")
	errUnexpectedText   = errors.New("a packet before the last one's attachments")
	errIncomplete       = errors.New("attachments that were announced did not come")
	errReservedEvent    = errors.New("reserved event name")
	errPacketSize       = errors.New("packet with its attachments is too large")
	errJSON             = errors.New("payload is not valid JSON")
)

// decoded is a packet whose payload has been checked and split.
type decoded struct {
	packet
	name string // of an event
	args Args   // of an event or an ack
	auth Value  // of a connect
}

// size returns how much the packet counts in the inbox, in bytes.
func (d *decoded) size() int {
	n := len(d.data) + len(d.args)*valueSize
	if len(d.args) > 0 {
		for _, a := range d.args[0].attachments {
			n += len(a)
		}
	}
	return n
}

// valueSize is the memory of an argument besides its bytes.
const valueSize = 48

// decoder assembles packets from messages. It is used by one goroutine at a
// time.
type decoder struct {
	limits  *Limits
	waiting *packet // a packet with missing attachments, or nil
	parts   [][]byte
	bytes   int // of the waiting packet and its parts
}

// text decodes a text message. ok is false if attachments have to follow.
func (d *decoder) text(b []byte) (out decoded, ok bool, err error) {
	if d.waiting != nil {
		return out, false, errUnexpectedText
	}
	p, err := parsePacket(b, d.limits)
	if err != nil {
		return out, false, err
	}
	p.data = bytes.Clone(p.data) // the transport reuses b
	if p.attachments > 0 {
		waiting := p // a copy, so that packets without attachments stay off the heap
		d.waiting, d.bytes = &waiting, len(p.data)
		return out, false, nil
	}
	out, err = decode(p, nil)
	return out, err == nil, err
}

// binary decodes a binary message. ok is false if attachments are missing.
func (d *decoder) binary(b []byte) (out decoded, ok bool, err error) {
	if d.waiting == nil {
		return out, false, errUnexpectedBinary
	}
	if d.bytes += len(b); d.bytes > d.limits.MaxPacketBytes {
		return out, false, errPacketSize
	}
	d.parts = append(d.parts, bytes.Clone(b))
	if len(d.parts) < d.waiting.attachments {
		return out, false, nil
	}
	p, parts := *d.waiting, d.parts
	d.waiting, d.parts = nil, nil
	out, err = decode(p, parts)
	return out, err == nil, err
}

// decode checks and splits the payload according to the packet's type.
func decode(p packet, parts [][]byte) (decoded, error) {
	out := decoded{packet: p}
	switch p.typ {
	case packetConnect:
		return out, out.decodeAuth()
	case packetDisconnect:
		if p.data != nil {
			return out, errPacket
		}
		return out, nil
	case packetEvent, packetBinaryEvent:
		return out, out.decodeEvent(parts)
	case packetAck, packetBinaryAck:
		return out, out.decodeArgs(parts)
	default:
		return out, errPacket // only servers send CONNECT_ERROR
	}
}

func (d *decoded) decodeAuth() error {
	if d.data == nil {
		return nil
	}
	if d.data[0] != '{' || !json.Valid(d.data) {
		return errPacket
	}
	d.auth = Value{json: d.data}
	return nil
}

// maxArgs bounds the arguments of a packet. Without it, a megabyte of "0," would
// use forty megabytes of memory.
const maxArgs = 4096

// decodeArgs splits the payload, a JSON array. A missing payload has no
// arguments.
func (d *decoded) decodeArgs(parts [][]byte) error {
	if d.data == nil {
		return nil
	}
	args, err := splitArray(d.data, maxArgs, parts)
	if err != nil {
		return err
	}
	if d.binary() {
		if err := checkPlaceholders(d.data, len(parts)); err != nil {
			return err
		}
	}
	d.args = args
	return nil
}

// decodeEvent splits the payload into the event's name and its arguments.
func (d *decoded) decodeEvent(parts [][]byte) error {
	if d.data == nil {
		return nil
	}
	if err := d.decodeArgs(parts); err != nil {
		return err
	}
	if len(d.args) == 0 {
		return errPacket
	}
	name, err := eventName(d.args[0].json)
	if err != nil {
		return err
	}
	d.name, d.args = name, d.args[1:]
	if reservedEvent(d.name) {
		return errReservedEvent
	}
	return nil
}

// eventName decodes an event's name. It can be a number, as in the reference
// parser.
func eventName(b []byte) (string, error) {
	if name, ok := rawjson.PlainString(b); ok {
		return name, nil
	}
	switch c := b[0]; {
	case c == '"':
		var name string
		if err := json.Unmarshal(b, &name); err != nil {
			return "", errPacket
		}
		return name, nil
	case c == '-' || rawjson.IsDigit(c):
		return string(b), nil
	default:
		return "", errPacket
	}
}

// usualArgs is the initial capacity for arguments: an event's name and the one
// argument that most events have.
const usualArgs = 2

// splitArray checks a JSON array and returns its elements, which alias b. It
// fails if there are more elements than limit.
func splitArray(b []byte, limit int, attachments [][]byte) (Args, error) {
	i := rawjson.SkipSpace(b, 0)
	if i >= len(b) || b[i] != '[' {
		return nil, errPacket
	}
	args := make(Args, 0, usualArgs)
	i = rawjson.SkipSpace(b, i+1)
	more := i >= len(b) || b[i] != ']'
	if !more {
		i++
	}
	for more {
		end := rawjson.CheckValue(b, i, 1)
		if end < 0 {
			return nil, errJSON
		}
		if len(args) == limit {
			return nil, errPacket
		}
		args = append(args, Value{json: b[i:end:end], attachments: attachments})
		if i, more = rawjson.CheckComma(b, end, ']'); i < 0 {
			return nil, errJSON
		}
	}
	if rawjson.SkipSpace(b, i) != len(b) {
		return nil, errJSON
	}
	return args, nil
}
