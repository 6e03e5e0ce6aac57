package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
)

var (
	errUnexpectedBinary = errors.New("binary data that no packet announced")
	errUnexpectedText   = errors.New("a packet before the last one's attachments")
	errIncomplete       = errors.New("attachments that were announced did not come")
	errReservedEvent    = errors.New("reserved event name")
	errPacketSize       = errors.New("packet with its attachments is too large")
)

// decoded is a packet with all it needs: its payload checked and taken apart.
type decoded struct {
	packet
	name string // of an event
	args Args   // of an event or an ack
	auth Value  // of a connect
}

// size is what the packet costs the inbox, in bytes.
func (d *decoded) size() int {
	n := len(d.data) + len(d.args)*valueSize
	if len(d.args) > 0 {
		for _, a := range d.args[0].attachments {
			n += len(a)
		}
	}
	return n
}

// valueSize is what an argument costs beside its bytes.
const valueSize = 48

// decoder puts packets together from messages. It is used by one goroutine at
// a time.
type decoder struct {
	limits  *Limits
	waiting *packet // announced attachments that are still to come
	parts   [][]byte
	bytes   int // of the packet that waits and its parts
}

// text takes a text message; ok is false while attachments are awaited.
func (d *decoder) text(b []byte) (out decoded, ok bool, err error) {
	if d.waiting != nil {
		return out, false, errUnexpectedText
	}
	p, err := parsePacket(b, d.limits)
	if err != nil {
		return out, false, err
	}
	p.data = bytes.Clone(p.data) // b belongs to the transport
	if p.attachments > 0 {
		d.waiting, d.bytes = &p, len(p.data)
		return out, false, nil
	}
	out, err = decode(p, nil)
	return out, err == nil, err
}

// binary takes a binary message.
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

// decode checks the payload against the packet's type.
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
		return out, errPacket // a CONNECT_ERROR comes from servers only
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

// maxArgs is more than any program uses. A megabyte of "0," would take forty in
// memory.
const maxArgs = 4096

// decodeArgs takes a JSON array apart. No payload at all means no arguments.
func (d *decoded) decodeArgs(parts [][]byte) error {
	if d.data == nil {
		return nil
	}
	elements, err := splitArray(d.data, maxArgs)
	if err != nil {
		return err
	}
	if d.binary() {
		if err := checkPlaceholders(d.data, len(parts)); err != nil {
			return err
		}
	}
	d.args = make(Args, len(elements))
	for i, e := range elements {
		d.args[i] = Value{json: e, attachments: parts}
	}
	return nil
}

// decodeEvent takes the name off the arguments. Numbers are names too, as the
// reference parser has it.
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
	name := d.args[0].json
	d.args = d.args[1:]
	switch c := name[0]; {
	case c == '"' && bytes.IndexByte(name, '\\') < 0:
		d.name = string(name[1 : len(name)-1])
	case c == '"':
		if err := json.Unmarshal(name, &d.name); err != nil {
			return errPacket
		}
	case c == '-' || c >= '0' && c <= '9':
		d.name = string(name)
	default:
		return errPacket
	}
	if reservedEvent(d.name) {
		return errReservedEvent
	}
	return nil
}
