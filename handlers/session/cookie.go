package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

const (
	// plainName is the cookie name of express-session, which the tests of the stock
	// pages look for.
	plainName = "connect.sid"

	// secureName is the cookie's name over TLS. With this prefix browsers accept the
	// cookie only from this host and over TLS, so no neighbouring host can set it:
	// https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Set-Cookie
	secureName = "__Host-" + plainName
)

// codec signs session ids for cookies.
type codec struct {
	keys [][]byte // the first signs, all verify
}

// seal returns a cookie's value in the form of express-session: s:<id>.<HMAC>,
// percent-encoded.
func (c codec) seal(name, id string) string {
	return "s%3A" + id + "." + sign(c.keys[0], name, id)
}

// open returns the id in a cookie's value and the index of the key that signed it.
// ok is false without a valid signature.
func (c codec) open(name, value string) (id string, key int, ok bool) {
	if len(value) > maxCookieValue {
		return "", 0, false
	}
	signed, ok := strings.CutPrefix(value, "s%3A")
	if !ok {
		signed, ok = strings.CutPrefix(value, "s:")
	}
	id, mac, found := strings.Cut(signed, ".")
	if !ok || !found || id == "" {
		return "", 0, false
	}
	for key := range c.keys {
		if hmac.Equal([]byte(mac), []byte(sign(c.keys[key], name, id))) {
			return id, key, true
		}
	}
	return "", 0, false
}

// claimed returns the signed id in the request's cookie. The session may have
// ended: the store is not asked.
func (c codec) claimed(r *http.Request, name string) (id string, ok bool) {
	cookie, err := r.Cookie(name)
	if err != nil {
		return "", false
	}
	id, _, ok = c.open(name, cookie.Value)
	return id, ok
}

// sign covers the cookie's name too, so that another signed value of the program
// is never valid as a session.
func sign(key []byte, name, id string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name + "=" + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// setCookie sends a cookie, in place of a cookie of the same name that the answer
// has already.
func setCookie(w http.ResponseWriter, cookie *http.Cookie) {
	header := w.Header()
	header["Set-Cookie"] = slices.DeleteFunc(header["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, cookie.Name+"=")
	})
	http.SetCookie(w, cookie)
}
