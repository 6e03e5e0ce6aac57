package siotest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"testing"
)

// Response is an HTTP response with its whole body.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Request makes an HTTP request. header is a list of names and values.
func Request(ctx context.Context, client *http.Client, method, url string, body io.Reader, header ...string) (Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return Response{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		return Response{}, err
	}
	return ReadResponse(resp)
}

// ReadResponse reads the body of resp and closes it.
func ReadResponse(resp *http.Response) (Response, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return Response{resp.StatusCode, resp.Header, string(body)}, err
}

// Want checks the status and the whole body.
func (r Response) Want(t testing.TB, status int, body string) {
	t.Helper()
	if r.Status != status || r.Body != body {
		t.Errorf("response: got %d %.120q, want %d %.120q", r.Status, r.Body, status, body)
	}
}

// OpenPacket is the data of the open packet (Engine.IO protocol v4, section
// "Handshake").
type OpenPacket struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

// openPattern matches an open packet, which go-socket.io ends with a line feed. In a
// polling body of revision 3 its length comes before it, and packets can follow.
var openPattern = regexp.MustCompile(`^0(\{[^}]*\})\n?$|^[0-9]+:0(\{[^}]*\})`)

// ParseOpen decodes an open packet: a WebSocket message, or a polling body of either
// revision.
func ParseOpen(t testing.TB, body string) OpenPacket {
	t.Helper()
	match := openPattern.FindStringSubmatch(body)
	if match == nil {
		t.Fatalf("handshake: got %q, want an open packet", body)
	}
	var o OpenPacket
	if err := json.Unmarshal([]byte(match[1]+match[2]), &o); err != nil {
		t.Fatalf("open packet %q: %v", body, err)
	}
	return o
}
