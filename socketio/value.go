package socketio

import (
	"bytes"
	"encoding/json"
	"errors"

	"gifchat/socketio/internal/rawjson"
)

// Binary is data that is sent as a binary attachment, at any depth of an
// argument. A plain []byte is sent as an attachment only if it is an argument
// itself; inside a struct or a map encoding/json makes it base64.
type Binary []byte

// Value is one argument as a client sent it. It can be passed to Emit, with its
// binary parts.
type Value struct {
	json        []byte
	attachments [][]byte // of the whole packet; placeholders in json contain their indexes
}

// Args are the arguments of an event or of an acknowledgement.
type Args []Value

// IsZero reports whether v is the zero Value. JSON null is a value.
func (v Value) IsZero() bool { return v.json == nil }

// JSON returns the value as the client sent it, with placeholders for binary
// parts. It must not be changed.
func (v Value) JSON() []byte { return v.json }

// Bind decodes v into the variable that ptr points to, like encoding/json. For
// a binary argument use *[]byte or *Binary, for a binary part a Binary field. In
// an *any, *map[string]any or *[]any binary parts become Binary. A field of type
// any inside a struct cannot hold binary parts: use Value or Binary there.
func (v Value) Bind(ptr any) error {
	if v.IsZero() {
		return errors.New("no value")
	}
	switch p := ptr.(type) {
	case *Value:
		*p = v
		return nil
	case *json.RawMessage:
		*p = bytes.Clone(v.json)
		return nil
	case *string:
		text, ok := rawjson.PlainString(v.json)
		if !ok || p == nil {
			return json.Unmarshal(v.inlined(), ptr)
		}
		*p = text
		return nil
	case *[]byte:
		return v.bindBinary(p)
	case *Binary:
		return v.bindBinary((*[]byte)(p))
	case *any:
		return bindReviving(v, p)
	case *map[string]any:
		return bindReviving(v, p)
	case *[]any:
		return bindReviving(v, p)
	default:
		return json.Unmarshal(v.inlined(), ptr)
	}
}

// bindReviving decodes into a type whose values can be Binary.
func bindReviving[T any](v Value, p *T) error {
	if err := json.Unmarshal(v.inlined(), p); err != nil {
		return err
	}
	revived := revive(*p)
	made, ok := revived.(T)
	if !ok && revived != nil {
		return errors.New("the argument is binary")
	}
	*p = made
	return nil
}

func (v Value) bindBinary(p *[]byte) error {
	found := rawjson.FindPlaceholders(v.json)
	if len(found) != 1 || found[0].Start != 0 || found[0].End != len(v.json) {
		return errors.New("the argument is not binary")
	}
	n := found[0].Index()
	if n < 0 || n >= len(v.attachments) {
		return errors.New("the argument is not binary") // a placeholder in a packet without attachments
	}
	*p = v.attachments[n]
	return nil
}

func (v Value) isNull() bool { return string(bytes.TrimSpace(v.json)) == "null" }

// IsString reports whether v is a JSON string.
func (v Value) IsString() bool { return len(v.json) > 0 && v.json[0] == '"' }

// MarshalJSON lets Emit encode a Value inside another value.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.IsZero() {
		return []byte("null"), nil
	}
	return v.inlined(), nil
}

// Bind decodes the arguments into ptrs, in order, as Value.Bind does. It returns
// an *ArgumentError for the first argument that is missing or has another type.
// Further arguments are ignored, as in JavaScript.
func (a Args) Bind(ptrs ...any) error {
	if len(a) < len(ptrs) {
		return &ArgumentError{Index: len(a), Err: errMissingArgument}
	}
	for i, ptr := range ptrs {
		if err := a[i].Bind(ptr); err != nil {
			return &ArgumentError{Index: i, Err: err}
		}
	}
	return nil
}

// NewArgs encodes values as Emit does. The caller can change them afterwards.
func NewArgs(values ...any) (Args, error) {
	args := make(Args, len(values))
	for i, v := range values {
		var err error
		if args[i], err = newValue(v); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func newValue(v any) (Value, error) {
	e := getEncoder()
	defer putEncoder(e)
	if err := e.value(v); err != nil {
		return Value{}, err
	}
	made := Value{json: bytes.Clone(e.text.Bytes())}
	if len(e.attachments) == 0 {
		return made, nil
	}
	if !ownPlaceholders(made.json, len(e.attachments)) {
		return Value{}, errForeignPlaceholder
	}
	for _, a := range e.attachments {
		made.attachments = append(made.attachments, append([]byte{}, a...))
	}
	return made, nil
}

// Any returns the arguments in the form that Emit accepts:
//
//	s.Broadcast().Emit("reply", append(e.Args.Any(), s.ID())...)
func (a Args) Any() []any {
	list := make([]any, len(a), len(a)+1)
	for i, v := range a {
		list[i] = v
	}
	return list
}

// checkPlaceholders returns an error if a placeholder refers to an attachment
// that does not exist.
func checkPlaceholders(data []byte, attachments int) error {
	for _, p := range rawjson.FindPlaceholders(data) {
		if n := p.Index(); n < 0 || n >= attachments {
			return errPacket
		}
	}
	return nil
}

// inlined returns v's JSON with its attachments inside the placeholders.
func (v Value) inlined() []byte {
	found := rawjson.FindPlaceholders(v.json)
	if len(found) == 0 || len(v.attachments) == 0 {
		return v.json
	}
	var out []byte
	last := 0
	for _, p := range found {
		out = append(out, v.json[last:p.Start]...)
		out = rawjson.AppendInline(out, v.attachments[p.Index()])
		last = p.End
	}
	return append(out, v.json[last:]...)
}

// MarshalJSON lets Emit find the bytes. Its result is of no use elsewhere.
func (b Binary) MarshalJSON() ([]byte, error) {
	if b == nil {
		return []byte("null"), nil
	}
	return rawjson.AppendInline(nil, b), nil
}

// UnmarshalJSON lets Bind set the bytes. It fails for other JSON.
func (b *Binary) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*b = nil
		return nil
	}
	for _, p := range rawjson.FindPlaceholders(text) {
		if data, ok := p.Inlined(); ok && p.Start == 0 {
			*b = data
			return nil
		}
	}
	return errors.New("not binary")
}

// revive replaces placeholders with inlined attachments by Binary, at any depth
// of a decoded value.
func revive(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["num"].(string); ok && v["_placeholder"] == true {
			if data, ok := (rawjson.Placeholder{Num: []byte(text)}).Inlined(); ok {
				return Binary(data)
			}
		}
		for key, member := range v {
			v[key] = revive(member)
		}
	case []any:
		for i, element := range v {
			v[i] = revive(element)
		}
	}
	return v
}
