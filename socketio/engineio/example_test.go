package engineio_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"gifchat/socketio/engineio"
)

// greeter sends a greeting, and then what its client has sent.
type greeter struct{ conn *engineio.Conn }

func (g greeter) Opened() { _ = g.conn.Send(engineio.Prepare([]byte("hello"))) }

func (g greeter) Message(data []byte, _ bool) { _ = g.conn.Send(engineio.Prepare(data)) }

func (greeter) Closed(engineio.Reason) {}

// A filter drops the client's messages that contain "secret". Other connections have no
// filter.
func ExampleFilter() {
	withoutSecrets := func(message []byte, _ bool) ([]byte, bool) {
		return message, !bytes.Contains(message, []byte("secret"))
	}
	server := engineio.NewServer(engineio.Config{
		Accept: func(c *engineio.Conn) engineio.Receiver { return greeter{c} },
		ConnOptions: func(r *http.Request, _ any) engineio.ConnOptions {
			if r.URL.Query().Get("lab") == "1" {
				return engineio.ConnOptions{Incoming: withoutSecrets}
			}
			return engineio.ConnOptions{}
		},
	})
	defer server.Close(context.Background())

	request := func(method, query, body string) string {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, "/engine.io/?EIO=4&transport=polling"+query, strings.NewReader(body))
		server.ServeHTTP(w, r)
		return w.Body.String()
	}
	opened := request("GET", "&lab=1", "")
	sid := strings.Split(opened, `"`)[3]
	fmt.Println(request("GET", "&sid="+sid, ""))
	fmt.Println(request("POST", "&sid="+sid, "4a secret\x1e4good morning"))
	fmt.Println(request("GET", "&sid="+sid, ""))
	// Output:
	// 4hello
	// ok
	// 4good morning
}
