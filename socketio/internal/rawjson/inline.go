package rawjson

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
)

// inlineMark begins the number of a placeholder that contains its attachment in
// base64. Such placeholders exist only inside this process, between
// encoding/json and the wire. The mark is random, so that a client cannot write
// it.
var inlineMark = func() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:]) + ":"
}()

// AppendInline appends a placeholder that contains its attachment.
func AppendInline(dst, data []byte) []byte {
	dst = append(dst, `{"_placeholder":true,"num":"`...)
	dst = append(dst, inlineMark...)
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, `"}`...)
}

// HasInline reports whether b may have a placeholder that AppendInline wrote.
func HasInline(b []byte) bool { return bytes.Contains(b, []byte(inlineMark)) }

// Inlined returns the attachment inside the placeholder. ok is false if
// AppendInline did not write the placeholder.
func (p Placeholder) Inlined() (data []byte, ok bool) {
	text, ok := bytes.CutPrefix(bytes.Trim(p.Num, `"`), []byte(inlineMark))
	if !ok {
		return nil, false
	}
	data, err := base64.StdEncoding.AppendDecode([]byte{}, text)
	return data, err == nil
}
