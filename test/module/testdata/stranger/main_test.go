package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestServer_emits_what_a_client_says(t *testing.T) {
	web := httptest.NewServer(newServer())
	defer web.Close()
	call := func(method, query, body string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, web.URL+"/socket.io/?EIO=4&transport=polling"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}

	_, rest, _ := strings.Cut(call("GET", "", ""), `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	connect := call("POST", "&sid="+sid, "40")
	if connect != "ok" {
		t.Fatalf("answer to a CONNECT packet: got %q, want ok", connect)
	}
	call("GET", "&sid="+sid, "")
	call("POST", "&sid="+sid, `42["say","안녕"]`)
	if got, want := call("GET", "&sid="+sid, ""), `42["said","안녕"]`; got != want {
		t.Fatalf("event: got %s, want %s", got, want)
	}
	call("POST", "&sid="+sid, "1") // close
}
