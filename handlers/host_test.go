package handlers_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// rawAnswer sends request unchanged and returns the answer.
func rawAnswer(t *testing.T, h *testServer, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("read the answer to %q: %v", request, err)
	}
	t.Cleanup(func() { got.Body.Close() })
	return got
}

func openLocal(t *testing.T) *testServer {
	return open(t, func(c *settings) {
		c.localOnly = true
		c.corsOrigin = []string{"https://chat.example.org", "http://192.168.7.7:8005", "*"}
	})
}

func TestHost_accepts_names_of_this_machine_and_of_CORS_ORIGIN_only(t *testing.T) {
	h := openLocal(t)
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		host   string
		status int
	}{
		{"localhost", 200},
		{"localhost:8005", 200},
		{"LOCALHOST:8005", 200},
		{"localhost.", 200},
		{"localhost.:8005", 200},
		{"class.localhost:8005", 200},
		{"127.0.0.1", 200},
		{"127.0.0.1:8005", 200},
		{"127.8.9.10:8005", 200},
		{"[::1]", 200},
		{"[::1]:8005", 200},
		{"[0:0:0:0:0:0:0:1]:8005", 200},
		{"[::ffff:127.0.0.1]:8005", 200},
		{machine, 200},
		{strings.ToUpper(machine) + ":8005", 200},
		{"chat.example.org", 200},
		{"Chat.Example.org.:8005", 200},
		{"192.168.7.7", 200},

		{"evil.example", 421},
		{"evil.example:8005", 421},
		{"localhost.evil.example:8005", 421},
		{"127.0.0.1.evil.example", 421},
		{"evillocalhost", 421},
		{"evil-localhost:8005", 421},
		{".localhost.evil.example", 421},
		{"chat.example.org.evil.example", 421},
		{"evil.chat.example.org", 421},
		{"example.org", 421},
		{"*", 421},
		{"192.168.7.8:8005", 421},
		{"10.0.0.1", 421},
		{"0.0.0.0:8005", 421},
		{"[::]:8005", 421},
		{"[fe80::1]:8005", 421},
		{"[2001:db8::1]", 421},
		{"128.0.0.1", 421},
		{"2130706433", 421}, // browsers write 127.0.0.1
		{"localhost..", 421},
		{".", 421},
		{"", 421},
		{":8005", 421},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			got := rawAnswer(t, h, "GET / HTTP/1.1\r\nHost: "+tt.host+"\r\nConnection: close\r\n\r\n")
			if got.StatusCode != tt.status {
				t.Errorf("got %d, want %d", got.StatusCode, tt.status)
			}
			if tt.status != 200 && (got.Header.Get("X-Reason") != "misdirected" || len(got.Cookies()) > 0) {
				t.Errorf("got the reason %q and cookies %v, want misdirected and none", got.Header.Get("X-Reason"), got.Cookies())
			}
		})
	}
}

func TestHost_refuses_malformed_and_misleading_requests(t *testing.T) {
	h := openLocal(t)
	tests := []struct {
		name, request string
		status        int
	}{
		{"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 421},
		{"HTTP/1.0 with our host", "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 200},
		{"HTTP/1.1 without Host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"two Host headers", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", 400},
		{"another host in the request line", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
		{"our host in the request line", "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
		{"a user before the host", "GET / HTTP/1.1\r\nHost: evil.example@localhost\r\n\r\n", 400},
		{"a user in the request line", "GET http://localhost@evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
		{"two ports", "GET / HTTP/1.1\r\nHost: localhost:1:2\r\n\r\n", 421},
		{"a port that is not a number", "GET / HTTP/1.1\r\nHost: localhost:evil.example\r\n\r\n", 421},
		{"a path", "GET / HTTP/1.1\r\nHost: localhost/x\r\n\r\n", 400},
		{"half a bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 421},
		{"text behind the bracket", "GET / HTTP/1.1\r\nHost: [::1].evil.example\r\n\r\n", 421},
		{"no brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 421},
		{"an escape", "GET / HTTP/1.1\r\nHost: %6cocalhost\r\n\r\n", 421},
		{"X-Forwarded-Host changes nothing", "GET / HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\n\r\n", 421},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rawAnswer(t, h, tt.request); got.StatusCode != tt.status {
				t.Errorf("got %d, want %d", got.StatusCode, tt.status)
			}
		})
	}
}

func TestHost_is_checked_on_every_path_before_a_session_is_made(t *testing.T) {
	h := openLocal(t)
	const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	tests := []struct{ name, line, headers string }{
		{"a page", "GET /", ""},
		{"a form", "POST /room", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n"},
		{"a preflight", "OPTIONS /socket.io/?EIO=4&transport=polling", "Origin: http://evil.example\r\n"},
		{"an asset", "GET /public/x/css/base.css", ""},
		{"main.css", "GET /main.css", ""},
		{"the client", "GET /socket.io/socket.io.js", ""},
		{"health", "GET /healthz", ""},
		{"a handshake by polling", "GET /socket.io/?EIO=4&transport=polling", "Origin: http://evil.example:8005\r\n"},
		{"a poll", "GET /socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA", ""},
		{"a handshake by WebSocket", "GET /socket.io/?EIO=4&transport=websocket", upgrade + "Origin: http://evil.example\r\n"},
		{"a plain WebSocket", "GET /", upgrade + "Origin: http://evil.example\r\n"},
		{"a path without a route", "GET /nope", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rawAnswer(t, h, tt.line+" HTTP/1.1\r\nHost: evil.example:8005\r\n"+tt.headers+"\r\ntitle=a")
			if got.StatusCode != http.StatusMisdirectedRequest || got.Header.Get("Set-Cookie") != "" || got.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("got %d %v, want 421 without a cookie", got.StatusCode, got.Header)
			}
		})
	}
	if n := h.sessions.count(); n != 0 {
		t.Errorf("got %d sessions, want none", n)
	}
	if lines := strings.Count(h.log.String(), "host refused"); lines != 1 {
		t.Errorf("log: got %d lines, want 1 a minute:\n%s", lines, h.log)
	}
}

func TestHost_refusal_names_the_settings_in_the_visitors_language(t *testing.T) {
	h := openLocal(t)
	for language, word := range map[string]string{"ko": "프록시의 주소", "en": "Behind a reverse proxy"} {
		got := h.visitor(t).send("GET", "/", nil, "Accept-Language", language)
		if got.StatusCode != 200 {
			t.Fatalf("the server's own address: got %d, want 200", got.StatusCode)
		}
		conn := rawAnswer(t, h, fmt.Sprintf("GET / HTTP/1.1\r\nHost: chat.school.example\r\nAccept-Language: %s\r\nConnection: close\r\n\r\n", language))
		body := make([]byte, 4096)
		n, _ := bufio.NewReader(conn.Body).Read(body)
		for _, want := range []string{word, "TRUSTED_PROXIES", "CORS_ORIGIN"} {
			if !strings.Contains(string(body[:n]), want) {
				t.Errorf("%s: got %q, want %q in it", language, body[:n], want)
			}
		}
		if strings.Contains(string(body[:n]), "school") {
			t.Errorf("answer: got %q, want no host in it", body[:n])
		}
	}
}

func TestHost_is_not_checked_unless_the_server_is_local_only(t *testing.T) {
	h := open(t, nil)
	for _, host := range []string{"evil.example", "192.168.0.4:8005", "x"} {
		if got := rawAnswer(t, h, "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); got.StatusCode != 200 {
			t.Errorf("%s: got %d, want 200", host, got.StatusCode)
		}
	}
}
