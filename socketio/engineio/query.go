package engineio

import (
	"net/http"
	"net/url"
	"strings"
)

// The names of the transports (section "Transports").
const (
	transportPolling   = "polling"
	transportWebSocket = "websocket"
)

// query holds the protocol's parameters of a request's URL (section "HTTP
// long-polling", "Query parameters").
type query struct {
	sid       sessionID
	transport string
	codec     codec
	upgrade   bool // the request asks for a WebSocket
}

func (s *Server) parseQuery(r *http.Request) (query, *requestError) {
	raw := r.URL.RawQuery
	transport, _ := queryValue(raw, "transport")
	sid, sids := queryValue(raw, "sid")
	q := query{
		transport: transport,
		sid:       sessionID(sid),
		upgrade:   asksForWebSocket(r),
	}
	if q.transport != transportPolling && q.transport != transportWebSocket {
		return q, errUnknownTransport
	}
	var err *requestError
	if q.codec, err = s.parseCodec(raw); err != nil {
		return q, err
	}
	if sids > 1 {
		return q, errUnknownSID
	}
	return q, nil
}

func asksForWebSocket(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), transportWebSocket)
}

func (s *Server) parseCodec(raw string) (codec, *requestError) {
	switch version, _ := queryValue(raw, "EIO"); {
	case version == "4":
		return revision4, nil
	case version != "3" || s.cfg.RefuseRevision3:
		return revision4, errProtocolVersion
	}
	if _, n := queryValue(raw, "j"); n > 0 {
		return revision3, errBadRequest // JSONP: a response that browsers run as a script helps cross-site attacks
	}
	if wantsBase64(raw) {
		return revision3Base64, nil
	}
	return revision3, nil
}

// wantsBase64 reports whether the client requests binary data as base64, as
// clients with the option forceBase64 do.
func wantsBase64(rawQuery string) bool {
	b64, _ := queryValue(rawQuery, "b64")
	return b64 != ""
}

// queryValue returns the first value of a key in a URL's query, and the number of
// its values. It parses as url.ParseQuery does, without allocating a map: a poll
// reads three keys, and the map was a tenth of its allocated bytes.
func queryValue(raw, key string) (first string, n int) {
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
