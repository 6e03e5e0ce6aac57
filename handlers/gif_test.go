package handlers_test

import (
	"strings"
	"testing"
)

// twoFrames is a GIF of one pixel that turns from black to white.
const twoFrames = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00" + oneFrame + oneFrame + ";"

const oneFrame = "!\xf9\x04\x00\x0a\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"

// postGIF posts a GIF and returns its path.
func (b *browser) postGIF(room, file string) string {
	b.t.Helper()
	kind, body := upload("고양이.gif", file)
	if got := b.send("POST", room+"/gif", body, "Content-Type", kind); got.StatusCode != 200 {
		b.t.Fatalf("upload: got %d %q, want 200", got.StatusCode, got.body)
	}
	page := b.get(room).body
	_, after, found := strings.Cut(page, `src="/gif/`)
	if !found {
		b.t.Fatalf("room: got %s, want the GIF in it", page)
	}
	return "/gif/" + after[:len("0123456789abcdef01234567.gif")]
}

func TestGIF_is_revalidated_each_time(t *testing.T) {
	h := open(t, nil)
	owner, stranger := h.visitor(t), h.visitor(t)
	room := owner.makeRoom("방", "")
	path := owner.postGIF(room, twoFrames)

	tags := make(map[string]string)
	for _, path := range []string{path, path + "/poster"} {
		got := owner.get(path)
		tag := got.Header.Get("ETag")
		if got.StatusCode != 200 || got.Header.Get("Cache-Control") != "private, no-cache" || tag == "" {
			t.Fatalf("%s: got %d, %v, want 200, private, no-cache and an ETag", path, got.StatusCode, got.Header)
		}
		if other, taken := tags[tag]; taken {
			t.Errorf("ETag of %s: got that of %s, want another", path, other)
		}
		tags[tag] = path
		if got := owner.send("GET", path, nil, "If-None-Match", tag); got.StatusCode != 304 || got.body != "" {
			t.Errorf("%s again: got %d, want 304", path, got.StatusCode)
		}
		if got := stranger.send("GET", path, nil, "If-None-Match", tag); got.StatusCode != 404 {
			t.Errorf("%s with its tag for a visitor that is not a member: got %d, want 404", path, got.StatusCode)
		}
	}
	if got := owner.send("DELETE", room, nil); got.StatusCode != 200 {
		t.Fatalf("DELETE: got %d, want 200", got.StatusCode)
	}
	for tag, path := range tags {
		if got := owner.send("GET", path, nil, "If-None-Match", tag); got.StatusCode != 404 {
			t.Errorf("%s of a removed room: got %d, want 404", path, got.StatusCode)
		}
	}
}

func TestPoster_is_served_like_its_GIF(t *testing.T) {
	h := open(t, nil)
	owner := h.visitor(t)
	room := owner.makeRoom("방", "")
	path := owner.postGIF(room, twoFrames)
	want := strings.Replace(twoFrames, oneFrame, "", 1)

	got := owner.get(path + "/poster")
	if got.StatusCode != 200 || got.body != want {
		t.Errorf("got %d %q, want %q", got.StatusCode, got.body, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/gif", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy":      "default-src 'none'; sandbox",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if got := owner.send("GET", path+"/poster", nil, "Range", "bytes=-1"); got.StatusCode != 206 || got.body != ";" {
		t.Errorf("its last byte: got %d %q, want the trailer", got.StatusCode, got.body)
	}
	if page := owner.get(room).body; !strings.Contains(page, `src="`+path+`/poster" data-gif="`+path+`"`) {
		t.Errorf("page: got %s, want the poster in it", page)
	}
	still := owner.makeRoom("다른 방", "")
	if got := owner.get(owner.postGIF(still, smallGIF) + "/poster"); got.StatusCode != 404 {
		t.Errorf("of a GIF with one frame: got %d, want 404", got.StatusCode)
	}
}

func TestGIF_is_not_embedded_by_other_sites(t *testing.T) {
	h := open(t, nil)
	owner := h.visitor(t)
	path := owner.postGIF(owner.makeRoom("방", ""), twoFrames)
	for _, tt := range []struct {
		site, dest string
		status     int
	}{
		{"cross-site", "image", 403},
		{"cross-site", "iframe", 403},
		{"cross-site", "script", 403},
		{"same-site", "image", 403}, // another port, or another subdomain
		{"cross-site", "document", 200},
		{"same-origin", "image", 200},
		{"none", "document", 200},
		{"", "", 200},
	} {
		for _, path := range []string{path, path + "/poster"} {
			if got := owner.send("GET", path, nil, "Sec-Fetch-Site", tt.site, "Sec-Fetch-Dest", tt.dest); got.StatusCode != tt.status {
				t.Errorf("%s, %s from %s: got %d, want %d", path, tt.dest, tt.site, got.StatusCode, tt.status)
			}
		}
	}
}
