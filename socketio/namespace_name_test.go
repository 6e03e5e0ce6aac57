package socketio_test

import (
	"fmt"
	"strings"
	"testing"

	"gifchat/socketio"
)

func TestOf_name_that_no_client_can_connect_to_panics(t *testing.T) {
	s := socketio.NewServer(socketio.Config{Limits: socketio.Limits{MaxNamespaceName: 20}})
	defer func() {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	for _, tt := range []struct{ name, why string }{
		{"/a, b", "comma"},
		{",", "comma"},
		{"chat,", "comma"},
		{"/a?b=c", "question mark"},
		{"?", "question mark"},
		{"/a\x1eb", "U+001E"},
		{"/a\xff", "UTF-8"},
		{"/\xed\xa0\x80", "UTF-8"}, // half of a surrogate pair
		{"/" + strings.Repeat("x", 20), "21 bytes, and Limits.MaxNamespaceName is 20"},
		{strings.Repeat("x", 20), "21 bytes"}, // with the slash
		{"/" + strings.Repeat("가", 7), "22 bytes"},
	} {
		t.Run(fmt.Sprintf("%.10q", tt.name), func(t *testing.T) {
			defer func() {
				got := fmt.Sprint(recover())
				if !strings.HasPrefix(got, "socketio: Of(") || !strings.Contains(got, tt.why) {
					t.Errorf("Of(%q): panic: got %s, want one that names %q", tt.name, got, tt.why)
				}
				if n, ok := s.Lookup(tt.name); ok || n != nil {
					t.Errorf("Lookup(%q): got %v, %t, want none", tt.name, n, ok)
				}
			}()
			s.Of(tt.name)
		})
	}
}

// A client can connect to every name that Of accepts.
func TestOf_clients_connect_to_every_accepted_name(t *testing.T) {
	f := serve(t, socketio.Config{})
	for _, name := range []string{
		"/", "/a b", "/ ", "//", "/a/b", "/a#b", "/a\\b", `/"a"`, "/[1]", "/a-b", "/1", "/-1", "/안녕", "/😀", "/a\nb", "/\x00", "/\x7f",
		"/" + strings.Repeat("x", 255),
	} {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
			n := f.Of(name)
			f.connect(n.Name())
			if got := n.Len(); got != 1 {
				t.Errorf("sockets: got %d, want 1", got)
			}
			if found, ok := f.Lookup(name); !ok || found != n {
				t.Errorf("Lookup(%q): got %v, %t, want the namespace", name, found, ok)
			}
		})
	}
}

// Clients choose the names of dynamic namespaces. A match that accepts all of
// them causes no panic.
func TestOfFunc_gets_only_names_that_fit_into_a_packet(t *testing.T) {
	f := serve(t, socketio.Config{})
	names := make(chan string, 100) // Of calls match too
	f.OfFunc(func(name string) bool { names <- name; return false })
	c := f.dial()
	for sent, want := range map[string]string{"/a,": "/a", "/a?b=c": "/a", "/a?b=c,": "/a"} {
		c.send("40" + sent)
		if got := receive(t, names); got != want {
			t.Errorf("%q: got %q, want %q", sent, got, want)
		}
	}
}
