package handlers

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

// coding is a content coding as HTTP names it; identity is the empty string.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1
type coding string

const (
	codingIdentity coding = ""
	codingBrotli   coding = "br"
	codingGzip     coding = "gzip"
)

// codings lists what the server offers. Between codings of equal quality the
// earlier one wins.
var codings = []coding{codingBrotli, codingGzip, codingIdentity}

// Levels measured in docs/decisions/0024-compression.md.
const (
	brotliLevel  = 5       // a room of 50 rows in 0.5 ms; level 4 saves 0.1 ms and is 9 % larger
	brotliWindow = 18      // 256 KiB, as long as the longest page; the default takes 8 MiB per writer
	gzipLevel    = 5       // level 6 takes a third longer for less than 1 %
	minEncoded   = 1 << 10 // bytes; a shorter body fits into one packet either way
)

// chooseCoding returns the coding that an Accept-Encoding header prefers among
// those that are offered. Identity is the answer to a header that accepts
// nothing: an encoded body would help its sender even less.
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
func chooseCoding(header http.Header, offered func(coding) bool) coding {
	accepted := parseAcceptEncoding(strings.Join(header["Accept-Encoding"], ","))
	best, bestQuality := codingIdentity, 0.0
	for _, c := range codings {
		if q := accepted.quality(c); q > bestQuality && (c == codingIdentity || offered(c)) {
			best, bestQuality = c, q
		}
	}
	return best
}

// acceptEncoding maps the codings of an Accept-Encoding header to their quality.
type acceptEncoding map[coding]float64

// maxCodings of a header are read; clients send about five.
const maxCodings = 20

// anyCoding stands for every coding that the header does not name.
const anyCoding coding = "*"

func parseAcceptEncoding(header string) acceptEncoding {
	accepted := make(acceptEncoding)
	for i, item := range strings.Split(header, ",") {
		if i == maxCodings {
			break
		}
		name, params, _ := strings.Cut(item, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		c := coding(name)
		switch name {
		case "":
			continue
		case "identity":
			c = codingIdentity
		case "x-gzip": // https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3
			c = codingGzip
		}
		accepted[c] = parseQuality(params)
	}
	return accepted
}

// parseQuality returns the weight in "q=0.5": 1 if there is none, 0 if it is
// malformed.
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
// excludes it, and less wanted than any coding that is named.
func (a acceptEncoding) quality(c coding) float64 {
	if q, named := a[c]; named {
		return q
	}
	if q, all := a[anyCoding]; all {
		return q
	}
	if c == codingIdentity {
		return 1e-4 // below 0.001, the least quality there is
	}
	return 0
}

// encoder is a compressing writer that can be used again.
type encoder interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// encoders keeps writers for reuse: each has up to 2 MiB of tables.
var encoders = map[coding]*sync.Pool{
	codingBrotli: {New: func() any {
		return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: brotliLevel, LGWin: brotliWindow})
	}},
	codingGzip: {New: func() any {
		w, _ := gzip.NewWriterLevel(nil, gzipLevel) // fails for an unknown level only
		return w
	}},
}

// encode returns body in coding c, which must not be identity.
func encode(body []byte, c coding) ([]byte, error) {
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

// sendEncoded answers with a complete body, compressed as the client prefers.
//
// A body that holds a secret beside text of a requester's choice must not be
// sent by it: its compressed length would tell how much of the two is alike
// (BREACH). Pages and histories hold none; see docs/decisions/0024-compression.md.
func sendEncoded(c *gin.Context, status int, contentType string, body []byte) error {
	header := c.Writer.Header()
	header.Add("Vary", "Accept-Encoding")
	if len(body) >= minEncoded {
		if chosen := chooseCoding(c.Request.Header, func(coding) bool { return true }); chosen != codingIdentity {
			encoded, err := encode(body, chosen)
			if err != nil {
				return err
			}
			header.Set("Content-Encoding", string(chosen))
			body = encoded
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body))) // HEAD says what GET would send
	c.Data(status, contentType, body)
	return nil
}

// sendJSON answers with value as JSON, compressed as the client prefers.
func sendJSON(c *gin.Context, value any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // a program's log is read by people too
	if err := enc.Encode(value); err != nil {
		return err
	}
	return sendEncoded(c, http.StatusOK, "application/json; charset=utf-8", body.Bytes())
}
