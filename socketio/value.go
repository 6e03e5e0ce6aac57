package socketio

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// Binary is bytes that travel as a binary attachment, wherever in an argument
// it stands. A plain []byte does so only as an argument of its own; inside a
// struct or a map it is base64, as encoding/json has it.
type Binary []byte

// Value is one argument as a client sent it. It may be handed to Emit again,
// with its binary parts.
type Value struct {
	json        []byte
	attachments [][]byte // of the whole packet; json's placeholders count them
}

// Args are the arguments of an event or of an acknowledgement.
type Args []Value

// IsZero reports whether there is no value, which is not the same as null.
func (v Value) IsZero() bool { return v.json == nil }

// JSON returns the value as it came. Binary parts are placeholders in it. It
// must not be changed.
func (v Value) JSON() []byte { return v.json }

// Bind decodes v into what ptr points to, as encoding/json does. *[]byte and
// *Binary take a binary argument; a Binary field takes a binary part. In an
// *any, *map[string]any or *[]any binary parts are Binary; within a struct, a
// field of type any cannot hold them: use Value or Binary there.
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
		text, ok := plainString(v.json)
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

// bindReviving decodes into what can hold anything.
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
	found := findPlaceholders(v.json)
	if len(found) != 1 || found[0].start != 0 || found[0].end != len(v.json) {
		return errors.New("the argument is not binary")
	}
	n := found[0].index()
	if n < 0 || n >= len(v.attachments) {
		return errors.New("the argument is not binary") // it only looks so: the packet had no attachments
	}
	*p = v.attachments[n]
	return nil
}

// IsString reports whether v is a JSON string.
func (v Value) IsString() bool { return len(v.json) > 0 && v.json[0] == '"' }

// MarshalJSON lets a Value stand inside of what is handed to Emit.
func (v Value) MarshalJSON() ([]byte, error) {
	if v.IsZero() {
		return []byte("null"), nil
	}
	return v.inlined(), nil
}

// Bind decodes the arguments into ptrs, one by one, as Value.Bind does. Fewer
// arguments than ptrs is an error; more are ignored, as JavaScript does.
func (a Args) Bind(ptrs ...any) error {
	if len(a) < len(ptrs) {
		return fmt.Errorf("%d arguments, want %d", len(a), len(ptrs))
	}
	for i, ptr := range ptrs {
		if err := a[i].Bind(ptr); err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	return nil
}

// NewArgs encodes values as Emit does; they may be changed afterwards.
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

// Any returns the arguments as Emit takes them:
//
//	s.Broadcast().Emit("reply", append(e.Args.Any(), s.ID())...)
func (a Args) Any() []any {
	list := make([]any, len(a), len(a)+1)
	for i, v := range a {
		list[i] = v
	}
	return list
}

// index returns the attachment's number; parseArgs has checked it.
func (p placeholder) index() int {
	n, err := strconv.Atoi(string(p.num))
	if err != nil {
		return -1
	}
	return n
}

// checkPlaceholders makes sure that every placeholder counts an attachment.
func checkPlaceholders(data []byte, attachments int) error {
	for _, p := range findPlaceholders(data) {
		if n := p.index(); n < 0 || n >= attachments {
			return errPacket
		}
	}
	return nil
}

// Inside of this package, and only between encoding/json and the wire, an
// attachment is written into its placeholder: the number is replaced by a
// string of this mark and base64. The mark is random, so that nobody outside
// can write one.
var inlineMark = func() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:]) + ":"
}()

// inlined returns v's JSON with its attachments written into it.
func (v Value) inlined() []byte {
	found := findPlaceholders(v.json)
	if len(found) == 0 || len(v.attachments) == 0 {
		return v.json
	}
	var out []byte
	last := 0
	for _, p := range found {
		out = append(out, v.json[last:p.start]...)
		out = appendInline(out, v.attachments[p.index()])
		last = p.end
	}
	return append(out, v.json[last:]...)
}

func appendInline(dst, data []byte) []byte {
	dst = append(dst, `{"_placeholder":true,"num":"`...)
	dst = append(dst, inlineMark...)
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, `"}`...)
}

// inline returns the bytes written into a placeholder.
func (p placeholder) inline() ([]byte, bool) {
	text, ok := bytes.CutPrefix(bytes.Trim(p.num, `"`), []byte(inlineMark))
	if !ok {
		return nil, false
	}
	data, err := base64.StdEncoding.AppendDecode([]byte{}, text)
	return data, err == nil
}

// MarshalJSON is how Emit finds the bytes; it is of no use outside of it.
func (b Binary) MarshalJSON() ([]byte, error) {
	if b == nil {
		return []byte("null"), nil
	}
	return appendInline(nil, b), nil
}

// UnmarshalJSON is how Bind hands the bytes over.
func (b *Binary) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*b = nil
		return nil
	}
	for _, p := range findPlaceholders(text) {
		if data, ok := p.inline(); ok && p.start == 0 {
			*b = data
			return nil
		}
	}
	return errors.New("not binary")
}

// revive turns written-in attachments into Binary within a decoded value.
func revive(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["num"].(string); ok && v["_placeholder"] == true {
			if data, ok := (placeholder{num: []byte(text)}).inline(); ok {
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
