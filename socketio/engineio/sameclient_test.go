package engineio_test

import (
	"net/http"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/siotest"
)

// Another client that has learned a sid receives the error for an unknown sid, and the
// connection is not affected.
func TestSameClient_rejects_requests_of_other_clients(t *testing.T) {
	const unknown = `{"code":1,"message":"Session ID unknown"}`
	for _, revision := range []string{"3", "4"} {
		t.Run("revision "+revision, func(t *testing.T) {
			f := siotest.Serve(t, engineio.Config{
				Identify:   func(r *http.Request) (any, error) { return r.Header.Get("User"), nil },
				SameClient: func(identity any, r *http.Request) bool { return r.Header.Get("User") == identity },
			}, nil)
			query := "EIO=" + revision + "&transport=polling"
			request := func(user, method, sid, body string) siotest.Response {
				t.Helper()
				a, err := f.Try(t.Context(), method, query+sid, strings.NewReader(body), "User", user)
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			sid := "&sid=" + siotest.ParseOpen(t, request("ann", "GET", "", "").Body).SID
			p := f.Peer()
			hello := map[string]string{"3": "6:4hello", "4": "4hello"}[revision]

			for _, user := range []string{"", "bob"} {
				request(user, "GET", sid, "").Want(t, 400, unknown)
				request(user, "POST", sid, hello).Want(t, 400, unknown)
				request(user, "PUT", sid, "").Want(t, 400, unknown)
				w, resp := f.Dial("EIO="+revision+"&transport=websocket"+sid, "User", user)
				if w != nil || resp.StatusCode != 400 {
					t.Errorf("upgrade by %q: got %v, want 400", user, resp)
				}
			}
			p.WantOpen(t)
			request("ann", "POST", sid, hello).Want(t, 200, "ok")
			p.WantMessage(t, "hello")
			w, _ := f.Dial("EIO="+revision+"&transport=websocket"+sid, "User", "ann")
			w.Send("2probe")
			w.WantText("3probe")
			w.Send("5")
			w.Send("4upgraded")
			p.WantMessage(t, "upgraded")
		})
	}
}
