package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/rawjson"
)

// encoder writes the text of one packet and collects its attachments.
type encoder struct {
	text        bytes.Buffer
	attachments [][]byte
	json        *json.Encoder // writes to text
}

var encoders = sync.Pool{New: func() any {
	e := &encoder{}
	e.json = json.NewEncoder(&e.text)
	e.json.SetEscapeHTML(false) // like other servers
	return e
}}

func getEncoder() *encoder {
	e := encoders.Get().(*encoder)
	e.text.Reset()
	e.attachments = nil
	return e
}

// maxPooledEncoder is the largest buffer that is kept in the pool, in bytes.
const maxPooledEncoder = 64 << 10

func putEncoder(e *encoder) {
	if e.text.Cap() <= maxPooledEncoder {
		encoders.Put(e)
	}
}

// encodeEvent encodes an event, with an ack id if hasID.
func encodeEvent(namespace string, id uint64, hasID bool, event string, args []any) (*engineio.Prepared, error) {
	e, err := draftEvent(packet{namespace: namespace, id: id, hasID: hasID}, event, args, "]")
	if err != nil {
		return nil, err
	}
	defer putEncoder(e)
	return e.prepare(), nil
}

// draftEvent encodes an event. end replaces the last bracket. The caller returns
// the encoder to the pool.
func draftEvent(p packet, event string, args []any, end string) (*encoder, error) {
	if reservedEvent(event) {
		return nil, fmt.Errorf("socketio: %q is a reserved event name", event)
	}
	p.typ = packetEvent
	return draft(p, append([]any{event}, args...), end)
}

// encodeAck encodes the acknowledgement of an event.
func encodeAck(namespace string, id uint64, args []any) (*engineio.Prepared, error) {
	return encode(packet{typ: packetAck, namespace: namespace, id: id, hasID: true}, args)
}

// encodeObject encodes a packet whose payload is one JSON value, or missing if
// payload is nil.
func encodeObject(t packetType, namespace string, payload any) (*engineio.Prepared, error) {
	e := getEncoder()
	defer putEncoder(e)
	e.header(packet{typ: t, namespace: namespace})
	if payload != nil {
		if err := e.value(payload); err != nil {
			return nil, err
		}
	}
	return engineio.Prepare(e.text.Bytes()), nil
}

func encode(p packet, values []any) (*engineio.Prepared, error) {
	e, err := draft(p, values, "]")
	if err != nil {
		return nil, err
	}
	defer putEncoder(e)
	return e.prepare(), nil
}

// draft encodes a packet whose payload is an array. end replaces the last
// bracket. The caller returns the encoder to the pool.
func draft(p packet, values []any, end string) (*encoder, error) {
	e := getEncoder()
	e.header(p)
	err := e.array(values, end)
	if err == nil && len(e.attachments) > 0 {
		err = e.announce(p)
	}
	if err != nil {
		putEncoder(e)
		return nil, err
	}
	return e, nil
}

// announce rewrites the header of a packet with attachments, because their
// number comes before the payload.
func (e *encoder) announce(p packet) error {
	payload := slices.Clone(e.text.Bytes()[len(p.appendHeader(nil)):])
	if !ownPlaceholders(payload, len(e.attachments)) {
		return errForeignPlaceholder
	}
	p.typ += packetBinaryEvent - packetEvent
	p.attachments = len(e.attachments)
	e.text.Reset()
	e.header(p)
	e.text.Write(payload)
	return nil
}

func (e *encoder) prepare() *engineio.Prepared {
	return engineio.Prepare(e.text.Bytes(), e.attachments...)
}

var errForeignPlaceholder = errors.New("socketio: argument contains a placeholder without an attachment")

// ownPlaceholders reports whether attach has written all placeholders in
// payload. A client can send a placeholder as plain JSON. Stock clients close
// their connection if a placeholder refers to a missing attachment.
func ownPlaceholders(payload []byte, attachments int) bool {
	found := rawjson.FindPlaceholders(payload)
	for i, p := range found {
		if p.Index() != i {
			return false
		}
	}
	return len(found) == attachments
}

func (e *encoder) header(p packet) {
	e.text.Write(p.appendHeader(e.text.AvailableBuffer()))
}

func (e *encoder) array(values []any, end string) error {
	e.text.WriteByte('[')
	for i, v := range values {
		if i > 0 {
			e.text.WriteByte(',')
		}
		if err := e.value(v); err != nil {
			return err
		}
	}
	e.text.WriteString(end)
	return nil
}

func (e *encoder) value(v any) error {
	switch v := v.(type) {
	case []byte:
		e.attach(v)
		return nil
	case Binary:
		e.attach(v)
		return nil
	case Value:
		e.received(v)
		return nil
	}
	start := e.text.Len()
	if err := e.json.Encode(v); err != nil {
		return fmt.Errorf("socketio: encode argument: %w", err)
	}
	e.text.Truncate(e.text.Len() - 1) // Encode adds a line feed
	e.takeInlined(start)
	return nil
}

// attach adds an attachment and writes its placeholder.
func (e *encoder) attach(data []byte) {
	e.text.Write(rawjson.AppendPlaceholder(e.text.AvailableBuffer(), len(e.attachments)))
	e.attachments = append(e.attachments, data)
}

// received writes a value that came from a client. Its placeholders get new
// numbers.
func (e *encoder) received(v Value) {
	if v.IsZero() {
		e.text.WriteString("null")
		return
	}
	last := 0
	if len(v.attachments) > 0 {
		for _, p := range rawjson.FindPlaceholders(v.json) {
			e.text.Write(v.json[last:p.Start])
			e.attach(v.attachments[p.Index()])
			last = p.End
		}
	}
	e.text.Write(v.json[last:])
}

// takeInlined moves the bytes that Binary.MarshalJSON has written after start
// to the attachments.
func (e *encoder) takeInlined(start int) {
	if !rawjson.HasInline(e.text.Bytes()[start:]) {
		return
	}
	text := slices.Clone(e.text.Bytes()[start:])
	e.text.Truncate(start)
	last := 0
	for _, p := range rawjson.FindPlaceholders(text) {
		if data, ok := p.Inlined(); ok {
			e.text.Write(text[last:p.Start])
			e.attach(data)
			last = p.End
		}
	}
	e.text.Write(text[last:])
}

// escapeNonASCII replaces the characters of a packet beyond ASCII by \u escapes.
// They are part of JSON strings, except in the names of namespaces; clients that
// need escapes support only ASCII names.
func escapeNonASCII(text []byte) []byte {
	if !slices.ContainsFunc(text, func(c byte) bool { return c >= utf8.RuneSelf }) {
		return text
	}
	escaped := make([]byte, 0, 2*len(text))
	for _, r := range string(text) {
		switch {
		case r < utf8.RuneSelf:
			escaped = append(escaped, byte(r)) //nolint:gosec // ASCII
		case r <= 0xffff:
			escaped = fmt.Appendf(escaped, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			escaped = fmt.Appendf(escaped, `\u%04x\u%04x`, high, low)
		}
	}
	return escaped
}

// reservedEvent reports whether the protocol document (section "Packet types")
// or the reference parser reserves the name.
func reservedEvent(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}
