// Package encoding compresses answers as the client prefers.
package encoding

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gin-gonic/gin"
)

// Coding is a content coding by its name in HTTP, or "" for Identity.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1
type Coding string

// The codings that the server offers.
const (
	Identity Coding = ""
	Brotli   Coding = "br"
	Gzip     Coding = "gzip"
)

// codings lists the codings in order of preference, for those of equal quality.
var codings = []Coding{Brotli, Gzip, Identity}

// The levels are measured in docs/decisions/0024-compression.md.
const (
	brotliLevel  = 5       // a room of 50 rows in 0.5 ms; level 4 saves 0.1 ms and is 9 % larger
	brotliWindow = 18      // 256 KiB, as long as the longest page; the default needs 8 MiB per writer
	gzipLevel    = 5       // level 6 takes a third longer for less than 1 %
	minEncoded   = 1 << 10 // bytes; a shorter body fits into one packet either way
)

// Choose returns the coding that an Accept-Encoding header prefers among those that
// are offered. For a header that accepts none of them it returns Identity, which
// helps the client more than an error.
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
func Choose(header http.Header, offered func(Coding) bool) Coding {
	accepted := parseAcceptEncoding(strings.Join(header["Accept-Encoding"], ","))
	best, bestQuality := Identity, 0.0
	for _, c := range codings {
		if q := accepted.quality(c); q > bestQuality && (c == Identity || offered(c)) {
			best, bestQuality = c, q
		}
	}
	return best
}

// acceptEncoding maps the codings of an Accept-Encoding header to their quality.
type acceptEncoding map[Coding]float64

// maxCodings is the number of entries of a header that are read. Clients send
// about five.
const maxCodings = 20

// anyCoding is the entry for every coding that the header does not name.
const anyCoding Coding = "*"

func parseAcceptEncoding(header string) acceptEncoding {
	accepted := make(acceptEncoding)
	for i, item := range strings.Split(header, ",") {
		if i == maxCodings {
			break
		}
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		c := Coding(name)
		switch name {
		case "":
			continue
		case "identity":
			c = Identity
		case "x-gzip": // https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3
			c = Gzip
		}
		accepted[c] = parseQuality(params)
	}
	return accepted
}

// parseQuality returns the weight in "q=0.5": 1 without a weight, 0 for a malformed
// weight.
func parseQuality(params string) float64 {
	name, value, found := strings.Cut(params, "=")
	if !found {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if !strings.EqualFold(strings.TrimSpace(name), "q") || err != nil || !(0 <= q && q <= 1) {
		return 0
	}
	return q
}

// quality returns the weight of c. Identity is acceptable unless the header
// excludes it, with a lower weight than any named coding.
func (a acceptEncoding) quality(c Coding) float64 {
	if q, named := a[c]; named {
		return q
	}
	if q, all := a[anyCoding]; all {
		return q
	}
	if c == Identity {
		return 1e-4 // below 0.001, the lowest weight in HTTP
	}
	return 0
}

// encoder is a compressing writer that can be reused.
type encoder interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// encoders keeps writers for reuse. A writer has up to 2 MiB of tables.
var encoders = map[Coding]*sync.Pool{
	Brotli: {New: func() any {
		return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: brotliLevel, LGWin: brotliWindow})
	}},
	Gzip: {New: func() any {
		w, _ := gzip.NewWriterLevel(nil, gzipLevel) // fails for an unknown level only
		return w
	}},
}

// Encode returns body in coding c, which must not be Identity.
func Encode(body []byte, c Coding) ([]byte, error) {
	pool := encoders[c]
	w := pool.Get().(encoder)
	defer pool.Put(w)
	var encoded bytes.Buffer
	encoded.Grow(len(body) / 4)
	w.Reset(&encoded)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return encoded.Bytes(), nil
}

// Send answers with a complete body, compressed as the client prefers.
//
// Do not use Send for a body with a secret beside text that a client has chosen:
// the compressed length shows how much the two have in common (BREACH). Pages and
// histories hold no secrets; see docs/decisions/0024-compression.md.
func Send(c *gin.Context, status int, contentType string, body []byte) error {
	header := c.Writer.Header()
	header.Add("Vary", "Accept-Encoding")
	if len(body) >= minEncoded {
		if chosen := Choose(c.Request.Header, func(Coding) bool { return true }); chosen != Identity {
			encoded, err := Encode(body, chosen)
			if err != nil {
				return err
			}
			header.Set("Content-Encoding", string(chosen))
			body = encoded
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body))) // HEAD has the length that GET would send
	c.Data(status, contentType, body)
	return nil
}

// SendJSON answers with value as JSON, compressed as the client prefers.
func SendJSON(c *gin.Context, value any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // people read the logs of programs too
	if err := enc.Encode(value); err != nil {
		return err
	}
	return Send(c, http.StatusOK, "application/json; charset=utf-8", body.Bytes())
}
