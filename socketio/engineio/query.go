package engineio

import (
	"net/http"
	"net/url"
	"strings"
)

// The transports by name.
const (
	transportPolling   = "polling"
	transportWebSocket = "websocket"
)

// query is what the protocol reads from a request's URL (section "URLs").
type query struct {
	sid       SID
	transport string
	codec     codec
	upgrade   bool // the request asks for a WebSocket
}

func (s *Server) parseQuery(r *http.Request) (query, *handshakeError) {
	raw := r.URL.RawQuery
	transport, _ := lookup(raw, "transport")
	sid, sids := lookup(raw, "sid")
	q := query{
		transport: transport,
		sid:       SID(sid),
		upgrade:   strings.EqualFold(r.Header.Get("Upgrade"), transportWebSocket),
	}
	if q.transport != transportPolling && q.transport != transportWebSocket {
		return q, errUnknownTransport
	}
	var refusal *handshakeError
	if q.codec, refusal = s.parseCodec(raw); refusal != nil {
		return q, refusal
	}
	if sids > 1 {
		return q, errUnknownSID
	}
	return q, nil
}

func (s *Server) parseCodec(raw string) (codec, *handshakeError) {
	switch version, _ := lookup(raw, "EIO"); {
	case version == "4":
		return revision4, nil
	case version != "3" || s.cfg.RefuseRevision3:
		return revision4, errProtocolVersion
	}
	if _, n := lookup(raw, "j"); n > 0 {
		return revision3, errBadRequest // JSONP: an answer that runs as a script is a gadget
	}
	if s.cfg.Carrier != nil {
		return carried, nil
	}
	if wantsBase64(raw) {
		return revision3Base64, nil
	}
	return revision3, nil
}

// wantsBase64 reports whether the client asks for binary as base64. Clients with
// the option forceBase64 do.
func wantsBase64(rawQuery string) bool {
	b64, _ := lookup(rawQuery, "b64")
	return b64 != ""
}

// lookup returns the first value of a key in a URL's query, and how many it
// has. It reads as url.ParseQuery does, without the map: a poll asks for three
// keys, and the map was a tenth of what it allocated.
func lookup(raw, key string) (first string, n int) {
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != key || strings.Contains(pair, ";") {
			continue
		}
		value, err := url.QueryUnescape(value)
		if err != nil {
			continue
		}
		if n++; n == 1 {
			first = value
		}
	}
	return first, n
}
