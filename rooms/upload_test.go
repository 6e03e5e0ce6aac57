package rooms_test

import (
	"bytes"
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

// twoFrames is an animation of 300 ms.
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

// share posts a GIF of Ada's.
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

func TestAPosterIsTheFirstFrame(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	moving, still := c.share(t, id, twoFrames(t)), c.share(t, id, picture(t))
	if moving.Frames != 2 || moving.Duration != 300*time.Millisecond {
		t.Errorf("got %+v, want two frames in 300 ms", moving)
	}
	gif, file, err := c.Poster(t.Context(), ada, moving.Name)
	if err != nil || gif != moving {
		t.Fatalf("got %+v, %v, want %+v", gif, err, moving)
	}
	defer file.Close()
	shown, err := stdgif.DecodeAll(file)
	if err != nil || len(shown.Image) != 1 {
		t.Errorf("the poster has not one frame: %v", err)
	}
	for name, who := range map[string]rooms.Visitor{still.Name: ada, moving.Name: bob, "../x.gif": ada, "": ada} {
		if _, _, err := c.Poster(t.Context(), who, name); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("%q to %s: got %v, want ErrNotFound", name, who.Session, err)
		}
	}
}

func TestAQuotaIsOfADay(t *testing.T) {
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
			t.Fatalf("got %v, want a QuotaError for 21 h", over)
		}
		if n := c.countFiles(t); n != 3 {
			t.Errorf("there are %d files, want the three that are shown", n)
		}
		if _, err := c.Enter(t.Context(), bob, id, ""); err != nil {
			t.Fatal(err)
		}
		if err := add(bob, id); err != nil {
			t.Errorf("another visitor: %v", err)
		}
		time.Sleep(over.RetryAfter)
		if err := add(ada, id); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

func TestAQuotaIsOfAnyRoomAndOfACount(t *testing.T) {
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
		t.Errorf("the 501st: got %v, want a QuotaError for a day", err)
	}
	if err := c.Remove(t.Context(), ada, one); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AddGIF(t.Context(), ada, other, "x.gif", bytes.NewReader(picture(t))); err != nil {
		t.Errorf("with the space given back: %v", err)
	}
}

// fullDisk is a GIFStore on a disk that takes a few bytes more.
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

func TestAFullDiskLeavesNothing(t *testing.T) {
	base := newChat(t, rooms.Options{})
	file := twoFrames(t)
	for _, left := range []int{0, len(file) - 1} { // at the first block and at the last
		s := rooms.NewService(base.store, fullDisk{base.gifs, left}, base.diary, rooms.Options{})
		defer s.Close()
		c := base
		c.Service = s
		id := c.room(t, rooms.NewRoom{})
		if _, err := c.AddGIF(t.Context(), ada, id, "x.gif", bytes.NewReader(file)); !errors.Is(err, rooms.ErrStorageFull) {
			t.Errorf("with %d bytes left: got %v, want ErrStorageFull", left, err)
		}
		if n := c.countFiles(t); n != 0 {
			t.Errorf("with %d bytes left: %d files are left", left, n)
		}
	}
}

func TestARefusedMessageLeavesNoFile(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for name, post := range map[string]func(gif *rooms.GIF) error{
		"a bad client id": func(gif *rooms.GIF) error {
			_, err := c.Post(t.Context(), ada, id, rooms.Draft{GIF: gif, ClientID: strings.Repeat("x", 100)})
			return err
		},
		"a stranger's": func(gif *rooms.GIF) error {
			_, err := c.Post(t.Context(), bob, id, rooms.Draft{GIF: gif})
			return err
		},
		"for another room": func(gif *rooms.GIF) error {
			_, err := c.Post(t.Context(), ada, "0123456789abcdef01234567", rooms.Draft{GIF: gif})
			return err
		},
	} {
		gif, err := c.AddGIF(t.Context(), ada, id, "x.gif", bytes.NewReader(picture(t)))
		if err != nil {
			t.Fatal(err)
		}
		if err := post(&gif); err == nil {
			t.Errorf("%s: it was posted", name)
		}
		if n := c.countFiles(t); n != 0 {
			t.Errorf("%s: %d files are left", name, n)
		}
	}
}

// countFiles tells how many files there are, unfinished ones too.
func (c chat) countFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestTheDescriptionIsMadeOfTheNameAndNothingElse(t *testing.T) {
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
			t.Errorf("%q: got %q, %v, want %q", name, gif.Alt, err, want)
		}
	}
}
