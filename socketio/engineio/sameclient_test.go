package engineio_test

import (
	"net/http"
	"strings"
	"testing"

	"gifchat/socketio/engineio"
)

// Who has learnt a sid and is not the client is told what a stranger is told,
// and the client notices nothing.
func TestAStolenSIDIsOfNoUse(t *testing.T) {
	const unknown = `{"code":1,"message":"Session ID unknown"}`
	for _, revision := range []string{"3", "4"} {
		t.Run("revision "+revision, func(t *testing.T) {
			f := serve(t, engineio.Config{
				Identify:   func(r *http.Request) (any, error) { return r.Header.Get("Who"), nil },
				SameClient: func(identity any, r *http.Request) bool { return r.Header.Get("Who") == identity },
			}, nil)
			query := "EIO=" + revision + "&transport=polling"
			ask := func(who, method, sid, body string) answer {
				t.Helper()
				a, err := f.try(t.Context(), method, query+sid, strings.NewReader(body), "Who", who)
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			a := ask("ann", "GET", "", "")
			sid := "&sid=" + parseOpen(t, a.body[strings.Index(a.body, "0{"):]).SID
			p := f.peer()
			hello := map[string]string{"3": "6:4hello", "4": "4hello"}[revision]

			for _, who := range []string{"", "bob"} {
				ask(who, "GET", sid, "").want(t, 400, unknown)
				ask(who, "POST", sid, hello).want(t, 400, unknown)
				ask(who, "PUT", sid, "").want(t, 400, unknown)
				w, resp := f.dial("EIO="+revision+"&transport=websocket"+sid, "Who", who)
				if w != nil || resp.StatusCode != 400 {
					t.Errorf("%q could upgrade", who)
				}
			}
			p.wantOpen(t)
			ask("ann", "POST", sid, hello).want(t, 200, "ok")
			p.wantMessage(t, "hello")
			w, _ := f.dial("EIO="+revision+"&transport=websocket"+sid, "Who", "ann")
			w.say("2probe")
			w.wantText("3probe")
			w.say("5")
			w.say("4upgraded")
			p.wantMessage(t, "upgraded")
		})
	}
}
