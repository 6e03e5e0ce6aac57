package handlers_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// decoded returns the body of an answer without its content coding.
func decoded(t *testing.T, got answer) string {
	t.Helper()
	var r io.Reader = strings.NewReader(got.body)
	switch coding := got.Header.Get("Content-Encoding"); coding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		var err error
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	case "":
	default:
		t.Fatalf("Content-Encoding: got %q, want br, gzip or none", coding)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	return string(body)
}

// talkativeRoom returns the path of a room whose page and history are long.
func talkativeRoom(t *testing.T, v *browser) string {
	t.Helper()
	room := v.makeRoom("방", "")
	for i := range 12 {
		got := v.post(room+"/chat", map[string][]string{"chat": {fmt.Sprintf("%d: %s", i, strings.Repeat("안녕 ", 20))}})
		if got.StatusCode != http.StatusOK {
			t.Fatalf("post: got %d %s, want 200", got.StatusCode, got.body)
		}
	}
	return room
}

func openWithAssets(t *testing.T) *testServer {
	return open(t, func(c *settings) { c.Public = os.DirFS("../public") })
}

func TestEncoding_of_each_kind_follows_Accept_Encoding(t *testing.T) {
	h := openWithAssets(t)
	v := h.visitor(t)
	room := talkativeRoom(t, v)
	kinds := map[string]string{
		"HTML": room,
		"JSON": room + "/messages",
		"JS":   "/public/x/js/room.js",
		"CSS":  "/public/x/css/base.css",
		"SVG":  "/public/x/img/empty.svg",
		"main": "/main.css",
	}
	tests := []struct{ accept, coding string }{
		{"gzip, deflate, br, zstd", "br"}, // Chromium
		{"br", "br"},
		{"gzip", "gzip"},
		{"GZip", "gzip"},
		{"x-gzip", "gzip"},
		{"gzip;q=1.0, br;q=0.5", "gzip"},
		{"gzip;q=0.5, br;q=0.5", "br"},
		{"br;q=0, gzip", "gzip"},
		{"br ; q=0.000 , gzip ; Q=0.2", "gzip"},
		{"*", "br"},
		{"br;q=0, *", "gzip"},
		{"*;q=0, gzip", "gzip"},
		{"*;q=0", ""},
		{"identity", ""},
		{"identity;q=1, gzip;q=0.5, br;q=0.1", ""},
		{"identity;q=0, gzip", "gzip"},
		{"identity;q=0", ""}, // nothing is acceptable: plain text helps more than an error
		{"gzip;q=0, br;q=0", ""},
		{"deflate, zstd", ""},
		{"br;q=2, gzip;q=x, *;q=0", ""},
		{"gzipped, brotli", ""},
		{",;q=1,", ""},
	}
	for kind, address := range kinds {
		plain := v.get(address, "Accept-Encoding", "identity")
		if plain.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d, want 200", address, plain.StatusCode)
		}
		for _, tt := range tests {
			t.Run(kind+"/"+tt.accept, func(t *testing.T) {
				got := v.get(address, "Accept-Encoding", tt.accept)
				if coding := got.Header.Get("Content-Encoding"); coding != tt.coding {
					t.Errorf("Content-Encoding: got %q, want %q", coding, tt.coding)
				}
				if decoded(t, got) != plain.body {
					t.Error("decoded body: got another one than without a coding, want the same")
				}
				if tt.coding != "" && len(got.body) >= len(plain.body) {
					t.Errorf("got %d bytes, want fewer than %d", len(got.body), len(plain.body))
				}
				if !slices.Contains(splitValues(got.Header["Vary"]), "Accept-Encoding") {
					t.Errorf("Vary: got %q, want Accept-Encoding among them", got.Header["Vary"])
				}
				if got.Header.Get("Content-Type") != plain.Header.Get("Content-Type") {
					t.Errorf("Content-Type: got %q, want %q", got.Header.Get("Content-Type"), plain.Header.Get("Content-Type"))
				}
			})
		}
	}
}

func splitValues(lines []string) (values []string) {
	for value := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		values = append(values, strings.TrimSpace(value))
	}
	return values
}

func TestEncoding_of_every_page_and_asset_keeps_the_bytes(t *testing.T) {
	h := openWithAssets(t)
	v := h.visitor(t)
	room := talkativeRoom(t, v)
	addresses := map[string]bool{"/": true, "/room": true, "/notice": true, "/nope": true, room: true, room + "/messages": true, "/main.css": true}
	err := walkPublic(func(name string) { addresses["/public/x/"+name] = true })
	if err != nil {
		t.Fatal(err)
	}
	if len(addresses) < 40 {
		t.Fatalf("addresses: got %d, want at least 40: are the assets missing?", len(addresses))
	}
	for address := range addresses {
		plain := v.get(address, "Accept-Encoding", "identity")
		for _, coding := range []string{"br", "gzip"} {
			got := v.get(address, "Accept-Encoding", coding)
			if got.StatusCode != plain.StatusCode || decoded(t, got) != plain.body {
				t.Errorf("%s as %s: got %d and another body, want %d and the same", address, coding, got.StatusCode, plain.StatusCode)
			}
			if len(plain.body) >= 1<<10 && got.Header.Get("Content-Encoding") != coding {
				t.Errorf("%s with %d bytes: got coding %q, want %s", address, len(plain.body), got.Header.Get("Content-Encoding"), coding)
			}
			if plain.StatusCode != http.StatusOK {
				continue // an error page names the method
			}
			head := v.send("HEAD", address, nil, "Accept-Encoding", coding)
			for _, name := range []string{"Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary"} {
				if !slices.Equal(head.Header[name], got.Header[name]) {
					t.Errorf("HEAD %s as %s: got %s %q, want %q as for GET", address, coding, name, head.Header[name], got.Header[name])
				}
			}
			if want := strconv.Itoa(len(got.body)); got.Header.Get("Content-Length") != want {
				t.Errorf("%s as %s: got Content-Length %q, want %s", address, coding, got.Header.Get("Content-Length"), want)
			}
		}
	}
}

// walkPublic calls each with the name of every text file of the pages.
func walkPublic(each func(name string)) error {
	public := os.DirFS("../public")
	for _, folder := range []string{"js", "css", "img"} {
		err := fs.WalkDir(public, folder, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && path.Ext(name) != ".json" { // package.json is for Node
				each(name)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func TestEncoding_gives_each_form_its_own_tag(t *testing.T) {
	v := openWithAssets(t).visitor(t)
	tags := make(map[string]string)
	for _, accept := range []string{"identity", "gzip", "br"} {
		tag := v.get("/main.css", "Accept-Encoding", accept).Header.Get("ETag")
		if other, taken := tags[tag]; taken || tag == "" {
			t.Errorf("ETag of %s: got %s, want another than that of %q", accept, tag, other)
		}
		tags[tag] = accept
		if got := v.get("/main.css", "Accept-Encoding", accept, "If-None-Match", tag); got.StatusCode != http.StatusNotModified || got.body != "" {
			t.Errorf("%s with its tag: got %d, want 304", accept, got.StatusCode)
		}
	}
	for tag, accept := range tags {
		if accept == "br" {
			continue
		}
		if got := v.get("/main.css", "Accept-Encoding", "br", "If-None-Match", tag); got.StatusCode != http.StatusOK {
			t.Errorf("br with the tag of %s: got %d, want 200", accept, got.StatusCode)
		}
	}
}

func TestEncoding_range_is_a_part_of_the_chosen_form(t *testing.T) {
	v := openWithAssets(t).visitor(t)
	for _, coding := range []string{"identity", "gzip", "br"} {
		whole := v.get("/main.css", "Accept-Encoding", coding)
		part := v.get("/main.css", "Accept-Encoding", coding, "Range", "bytes=2-5")
		if part.StatusCode != http.StatusPartialContent || part.body != whole.body[2:6] || part.Header.Get("Content-Length") != "4" {
			t.Errorf("%s: got %d %q of %s bytes, want 206 %q", coding, part.StatusCode, part.body, part.Header.Get("Content-Length"), whole.body[2:6])
		}
	}
}

func TestEncoding_leaves_pictures_and_short_answers_alone(t *testing.T) {
	h := openWithAssets(t)
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	gif := v.postGIF(room, twoFrames)
	for _, address := range []string{gif, "/healthz", room + "/messages?limit=1"} {
		got := v.get(address, "Accept-Encoding", "gzip, br")
		if got.StatusCode != http.StatusOK || got.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: got %d as %q, want 200 without a coding", address, got.StatusCode, got.Header.Get("Content-Encoding"))
		}
	}
	part := v.get(gif, "Accept-Encoding", "gzip, br", "Range", "bytes=0-5")
	if part.StatusCode != http.StatusPartialContent || part.body != "GIF89a" {
		t.Errorf("a range: got %d %q, want 206 and GIF89a", part.StatusCode, part.body)
	}
}
