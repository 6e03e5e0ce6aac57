package rooms_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdgif "image/gif"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/rooms"
)

// picture returns a GIF with one frame.
func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := stdgif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.Black, color.White}), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// twoFrames returns a GIF of two frames and 300 ms.
func twoFrames(t *testing.T) []byte {
	t.Helper()
	colors := color.Palette{color.Black, color.White}
	one, two := image.NewPaletted(image.Rect(0, 0, 4, 3), colors), image.NewPaletted(image.Rect(0, 0, 4, 3), colors)
	two.SetColorIndex(1, 1, 1)
	var b bytes.Buffer
	if err := stdgif.EncodeAll(&b, &stdgif.GIF{Image: []*image.Paletted{one, two}, Delay: []int{10, 20}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// share posts a GIF by Ada.
func (c chat) share(t *testing.T, id rooms.ID, file []byte) rooms.GIF {
	t.Helper()
	gif, err := c.AddGIF(t.Context(), ada, id, "x.gif", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Post(t.Context(), ada, id, rooms.Draft{GIF: &gif}); err != nil {
		t.Fatal(err)
	}
	return gif
}

func TestPoster_is_the_first_frame(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	moving, still := c.share(t, id, twoFrames(t)), c.share(t, id, picture(t))
	if moving.Frames != 2 || moving.Duration != 300*time.Millisecond {
		t.Errorf("AddGIF: got %+v, want two frames in 300 ms", moving)
	}
	gif, file, err := c.Poster(t.Context(), ada, moving.Name)
	if err != nil || gif != moving {
		t.Fatalf("Poster: got %+v, %v, want %+v", gif, err, moving)
	}
	defer file.Close()
	shown, err := stdgif.DecodeAll(file)
	if err != nil || len(shown.Image) != 1 {
		t.Errorf("poster: got %+v, %v, want one frame", shown, err)
	}
	for name, who := range map[string]rooms.Visitor{still.Name: ada, moving.Name: bob, "../x.gif": ada, "": ada} {
		if _, _, err := c.Poster(t.Context(), who, name); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("Poster(%q) for %s: got %v, want ErrNotFound", name, who.Session, err)
		}
	}
}

func TestQuota_is_per_day(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := picture(t)
		c := newChat(t, rooms.Options{UploadQuota: 3 * int64(len(file)), EmptyGrace: -1})
		id := c.room(t, rooms.NewRoom{})
		for range 3 {
			c.share(t, id, file)
			time.Sleep(time.Hour)
		}
		add := func(v rooms.Visitor, id rooms.ID) error {
			_, err := c.AddGIF(t.Context(), v, id, "x.gif", bytes.NewReader(file))
			return err
		}
		over, ok := errors.AsType[*rooms.QuotaError](add(ada, id))
		if !ok || over.RetryAfter != 21*time.Hour {
			t.Fatalf("fourth upload: got %v, want a QuotaError for 21 h", over)
		}
		if n := c.countFiles(t); n != 3 {
			t.Errorf("files: got %d, want 3", n)
		}
		if _, err := c.Enter(t.Context(), bob, id, ""); err != nil {
			t.Fatal(err)
		}
		if err := add(bob, id); err != nil {
			t.Errorf("upload of another visitor: got %v, want nil", err)
		}
		time.Sleep(over.RetryAfter)
		if err := add(ada, id); err != nil {
			t.Errorf("upload after RetryAfter: got %v, want nil", err)
		}
	})
}

func TestQuota_counts_uploads_in_all_rooms(t *testing.T) {
	c := newChat(t, rooms.Options{})
	one, other := c.room(t, rooms.NewRoom{}), c.room(t, rooms.NewRoom{})
	posted := make([]rooms.Message, 500)
	for i := range posted {
		id := fmt.Sprintf("%024x", i)
		posted[i] = rooms.Message{
			ID: rooms.ID(id), Kind: rooms.KindGIF, Session: ada.Session, CreatedAt: time.Now(),
			GIF: &rooms.GIF{Name: id + ".gif", Bytes: 1},
		}
	}
	if _, err := c.store.AddMessages(t.Context(), one, posted); err != nil {
		t.Fatal(err)
	}
	_, err := c.AddGIF(t.Context(), ada, other, "x.gif", bytes.NewReader(picture(t)))
	if over, ok := errors.AsType[*rooms.QuotaError](err); !ok || over.RetryAfter <= 23*time.Hour || over.RetryAfter > 24*time.Hour {
		t.Errorf("upload 501: got %v, want a QuotaError for a day", err)
	}
	if err := c.Remove(t.Context(), ada, one); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AddGIF(t.Context(), ada, other, "x.gif", bytes.NewReader(picture(t))); err != nil {
		t.Errorf("upload after the room was removed: got %v, want nil", err)
	}
}

// fullDisk is a GIFStore on a disk with a few bytes left.
type fullDisk struct {
	rooms.GIFStore
	left int
}

func (d fullDisk) Save(name string, write func(io.Writer) error) error {
	return d.GIFStore.Save(name, func(w io.Writer) error { return write(&fullWriter{w, d.left}) })
}

type fullWriter struct {
	io.Writer
	left int
}

func (w *fullWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, fmt.Errorf("%w: write: no space left on device", rooms.ErrStorageFull)
	}
	return w.Writer.Write(b)
}

func TestAddGIF_leaves_no_file_on_a_full_disk(t *testing.T) {
	base := newChat(t, rooms.Options{})
	file := twoFrames(t)
	for _, left := range []int{0, len(file) - 1} { // at the first block and at the last
		s := rooms.NewService(base.store, fullDisk{base.gifs, left}, base.diary, rooms.Options{})
		defer s.Close()
		c := base
		c.Service = s
		id := c.room(t, rooms.NewRoom{})
		if _, err := c.AddGIF(t.Context(), ada, id, "x.gif", bytes.NewReader(file)); !errors.Is(err, rooms.ErrStorageFull) {
			t.Errorf("AddGIF with %d bytes left: got %v, want ErrStorageFull", left, err)
		}
		if n := c.countFiles(t); n != 0 {
			t.Errorf("files with %d bytes left: got %d, want 0", left, n)
		}
	}
}

func TestPost_removes_the_GIF_of_a_refused_message(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for name, post := range map[string]func(gif *rooms.GIF) error{
		"too long client id": func(gif *rooms.GIF) error {
			_, err := c.Post(t.Context(), ada, id, rooms.Draft{GIF: gif, ClientID: strings.Repeat("x", 100)})
			return err
		},
		"not a member": func(gif *rooms.GIF) error {
			_, err := c.Post(t.Context(), bob, id, rooms.Draft{GIF: gif})
			return err
		},
		"unknown room": func(gif *rooms.GIF) error {
			_, err := c.Post(t.Context(), ada, "0123456789abcdef01234567", rooms.Draft{GIF: gif})
			return err
		},
	} {
		gif, err := c.AddGIF(t.Context(), ada, id, "x.gif", bytes.NewReader(picture(t)))
		if err != nil {
			t.Fatal(err)
		}
		if err := post(&gif); err == nil {
			t.Errorf("Post, %s: got nil, want an error", name)
		}
		if n := c.countFiles(t); n != 0 {
			t.Errorf("files after Post, %s: got %d, want 0", name, n)
		}
	}
}

// countFiles returns the number of files, with unfinished ones.
func (c chat) countFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestAddGIF_makes_the_description_from_the_file_name(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for name, want := range map[string]string{
		"고양이.gif":                      "고양이",
		"../../x.gif":                  "x",
		`..\..\x.GIF`:                  "x",
		"/etc/passwd":                  "passwd",
		"a\x00b\r\nSet-Cookie: x.gif":  "abSet-Cookie: x",
		"a.gif\";x=.html":              "a.gif\";x=.html",
		strings.Repeat("가", 300):       strings.Repeat("가", 200),
		"\u202efig.exe\u202c.gif":      "fig.exe",
		"a\u200b\u200d\u2066\ufeffb":   "ab",
		"\u3164\u115f\uffa0":           "",
		"\xff\xfe.gif":                 "",
		"..":                           "..",
		"":                             "",
		"  x  .gif":                    "x",
		"e\u0301\u034f.gif":            "e\u0301",
		"<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
		"soft\u00adhyphen\u2028.gif":   "softhyphen",
	} {
		gif, err := c.AddGIF(t.Context(), ada, id, name, bytes.NewReader(picture(t)))
		if err != nil || gif.Alt != want {
			t.Errorf("description of %q: got %q, %v, want %q", name, gif.Alt, err, want)
		}
	}
}

func TestGIFs(t *testing.T) {
	c := newChat(t, rooms.Options{})
	ctx := t.Context()
	id := c.room(t, rooms.NewRoom{})
	upload := append(picture(t), "<script>alert(1)</script>"...)
	gif, err := c.AddGIF(ctx, ada, id, `C:\fakepath\고양이.GIF`, bytes.NewReader(upload))
	if err != nil {
		t.Fatal(err)
	}
	want := rooms.GIF{Name: gif.Name, Width: 4, Height: 3, Frames: 1, Bytes: int64(len(picture(t))), Alt: "고양이", SHA256: fmt.Sprintf("%x", sha256.Sum256(picture(t)))}
	if gif != want {
		t.Errorf("AddGIF: got %+v, want %+v", gif, want)
	}
	if _, _, err := c.GIF(ctx, ada, gif.Name); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("GIF before it was posted: got %v, want ErrNotFound", err)
	}
	msg, err := c.Post(ctx, ada, id, rooms.Draft{GIF: &gif, ClientID: "c1"})
	if err != nil || msg.Kind != rooms.KindGIF || *msg.GIF != gif {
		t.Fatalf("Post: got %+v, %v, want the GIF", msg, err)
	}
	shown, file, err := c.GIF(ctx, ada, gif.Name)
	if err != nil || shown != gif {
		t.Fatalf("GIF: got %+v, %v, want %+v", shown, err, gif)
	}
	got, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil || !bytes.Equal(got, picture(t)) {
		t.Errorf("file: got %q, %v, want the picture without the bytes behind it", got, err)
	}
	if _, _, err := c.GIF(ctx, bob, gif.Name); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("GIF for a stranger: got %v, want ErrNotFound", err)
	}

	second, err := c.AddGIF(ctx, ada, id, "", bytes.NewReader(upload))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Post(ctx, ada, id, rooms.Draft{GIF: &second, ClientID: "c1"}); err != nil || again.GIF.Name != gif.Name {
		t.Errorf("Post again: got %+v, %v, want the first GIF", again.GIF, err)
	}
	if err := c.Remove(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{gif.Name, second.Name} {
		if _, err := c.gifs.Open(name); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("file of a removed room: got %v, want ErrNotFound", err)
		}
	}
}

func TestAddGIF_refuses_invalid_files_and_strangers(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for want, upload := range map[string]string{
		"gif: not_a_gif": "<script>alert(1)</script>",
		"gif: truncated": string(picture(t)[:30]),
	} {
		_, err := c.AddGIF(t.Context(), ada, id, "x.gif", strings.NewReader(upload))
		if _, ok := errors.AsType[*rooms.InvalidError](err); !ok || err.Error() != want {
			t.Errorf("AddGIF: got %v, want %s", err, want)
		}
	}
	if _, err := c.AddGIF(t.Context(), bob, id, "x.gif", bytes.NewReader(picture(t))); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("AddGIF by a stranger: got %v, want ErrForbidden", err)
	}
	broken, writer := io.Pipe()
	writer.CloseWithError(context.Canceled)
	_, err := c.AddGIF(t.Context(), ada, id, "x.gif", broken)
	if !errors.Is(err, context.Canceled) || errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("AddGIF of an aborted upload: got %v, want the reader's error", err)
	}
}
