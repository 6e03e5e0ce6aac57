package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"gifchat/socketio/engineio"
)

// engineClient is the server that the suite of engine.io-client expects: the
// counterpart of packages/engine.io-client/test/support/hooks.js. It omits what
// only the browser cases use.
func engineClient() http.Handler {
	server := engineio.NewServer(engineio.Config{
		PingInterval: 500 * time.Millisecond,
		Limits:       engineio.Limits{MaxPayload: 100},
		Identify:     identify,
		SameClient:   notePost,
		Accept: func(c *engineio.Conn) engineio.Receiver {
			return greeter{echo{c}}
		},
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("sid") {
			setCookies(w)
		}
		server.ServeHTTP(w, r)
	})
}

// lastPost is the identity of a connection: the headers of its last POST.
type lastPost struct{ header atomic.Pointer[http.Header] }

func identify(r *http.Request) (any, error) {
	if r.URL.Query().Has("deny") {
		return nil, errors.New("denied by the query")
	}
	return new(lastPost), nil
}

// notePost stores the headers of a POST. It accepts every client.
func notePost(identity any, r *http.Request) bool {
	if r.Method == http.MethodPost {
		header := r.Header.Clone()
		identity.(*lastPost).header.Store(&header)
	}
	return true
}

// setCookies sets two cookies that a client returns, and two that have expired.
func setCookies(w http.ResponseWriter) {
	for _, cookie := range []string{
		"1=1; Max-Age=86400",
		"2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
		"3=3; Max-Age=0",
		"4=4; Expires=" + time.Now().UTC().Format(http.TimeFormat),
	} {
		w.Header().Add("Set-Cookie", cookie)
	}
}

// greeter sends "hi" first and echoes every message except "sendHeaders".
type greeter struct{ echo }

func (g greeter) Opened() {
	_ = g.conn.Send(engineio.Prepare([]byte("hi"))) // the suite detects an error
}

func (g greeter) Message(data []byte, binary bool) {
	if string(data) == "sendHeaders" {
		data = g.headers()
	}
	g.echo.Message(data, binary)
}

// headers returns the headers of the last POST as Node.js presents them, with
// names in lower case.
func (g greeter) headers() []byte {
	out := map[string]string{}
	if header := g.conn.Identity().(*lastPost).header.Load(); header != nil {
		for name, values := range *header {
			out[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return []byte(err.Error()) // no JSON: the case fails with it
	}
	return text
}
