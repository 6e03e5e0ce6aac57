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
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"gifchat/rooms"
)

func TestPost(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	msg, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: " hello\n", ClientID: "c1"})
	if err != nil {
		t.Fatal(err)
	}
	if msg.Seq != 1 || msg.User != ada.Color || msg.Text != " hello\n" || msg.Kind != rooms.KindText || len(msg.ID) != 24 {
		t.Errorf("got %+v", msg)
	}
	c.told(t, "posted  hello\n")
	again, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: " hello\n", ClientID: "c1"})
	if err != nil || !again.Again || !reflect.DeepEqual(again.Message, msg.Message) {
		t.Errorf("a retry: got %+v, %v, want %+v", again, err, msg)
	}
	c.told(t)
	history, err := c.History(t.Context(), ada, id, rooms.Page{})
	if err != nil || len(history) != 1 || !reflect.DeepEqual(history[0], msg.Message) {
		t.Errorf("History: got %+v, %v", history, err)
	}
	if _, err := c.Post(t.Context(), bob, id, rooms.Draft{Text: "x"}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("a stranger posts: got %v, want ErrForbidden", err)
	}
	if _, err := c.History(t.Context(), bob, id, rooms.Page{}); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("a stranger reads: got %v, want ErrForbidden", err)
	}
}

func TestPostRefuses(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	const name = "000102030405060708090a0b.gif"
	for want, drafts := range map[string][]rooms.Draft{
		"text: empty":             {{}, {Text: " \n\t\u3000"}, {Text: "\u200b\u200d\ufe0f"}, {Text: "\u3164\u2800"}, {Text: "\U000e0041"}},
		"text: too_long":          {{Text: strings.Repeat("가", 2001)}},
		"text: bad_character":     {{Text: "a\x00b"}, {Text: "a\xed\xa0\x80b"}, {Text: "\xff"}},
		"text: not_with_a_gif":    {{Text: "a", GIF: &rooms.GIF{Name: name}}},
		"gif: bad_name":           {{GIF: &rooms.GIF{Name: "../../" + name}}, {GIF: &rooms.GIF{}}},
		"clientId: too_long":      {{Text: "a", ClientID: strings.Repeat("a", 65)}},
		"clientId: bad_character": {{Text: "a", ClientID: "\x00"}},
	} {
		for _, d := range drafts {
			_, err := c.Post(t.Context(), ada, id, d)
			if _, ok := errors.AsType[*rooms.InvalidError](err); !ok || err.Error() != want {
				t.Errorf("%.20q: got %v, want %s", d.Text, err, want)
			}
		}
	}
	if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: strings.Repeat("가", 2000), ClientID: strings.Repeat("가", 64)}); err != nil {
		t.Errorf("the longest text: %v", err)
	}
	for _, text := range []string{".", "👍🏽", "❤\ufe0f", "\u0301", "\ue000", "\U0001fae9 of Unicode 16", "\U0001fae9"} {
		if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: text}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestMessagesAreToldInTheOrderOfSeq(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	const senders, each = 8, 25
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for i := range each {
				if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if len(c.diary.posts) != senders*each {
		t.Fatalf("%d messages were told, want %d", len(c.diary.posts), senders*each)
	}
	for i, m := range c.diary.posts {
		if m.Seq != int64(i+1) {
			t.Fatalf("message %d has seq %d", i+1, m.Seq)
		}
	}
}

func TestHistoryPagesHaveALimit(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for i := range 210 {
		if _, err := c.Post(t.Context(), ada, id, rooms.Draft{Text: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]int{0: 50, -1: 50, 7: 7, 200: 200, 1 << 30: 200} {
		got, err := c.History(t.Context(), ada, id, rooms.Page{Limit: limit})
		if err != nil || len(got) != want {
			t.Errorf("limit %d: got %d, %v, want %d", limit, len(got), err, want)
		}
	}
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := stdgif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.Black, color.White}), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
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
		t.Errorf("got %+v, want %+v", gif, want)
	}
	if _, _, err := c.GIF(ctx, ada, gif.Name); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("before it was posted: got %v, want ErrNotFound", err)
	}
	msg, err := c.Post(ctx, ada, id, rooms.Draft{GIF: &gif, ClientID: "c1"})
	if err != nil || msg.Kind != rooms.KindGIF || *msg.GIF != gif {
		t.Fatalf("got %+v, %v", msg, err)
	}
	shown, file, err := c.GIF(ctx, ada, gif.Name)
	if err != nil || shown != gif {
		t.Fatalf("got %+v, %v, want %+v", shown, err, gif)
	}
	got, err := io.ReadAll(file)
	if err := errors.Join(err, file.Close()); err != nil || !bytes.Equal(got, picture(t)) {
		t.Errorf("got %q, %v, want the picture alone", got, err)
	}
	if _, _, err := c.GIF(ctx, bob, gif.Name); !errors.Is(err, rooms.ErrNotFound) {
		t.Errorf("a stranger: got %v, want ErrNotFound", err)
	}

	second, err := c.AddGIF(ctx, ada, id, "", bytes.NewReader(upload))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Post(ctx, ada, id, rooms.Draft{GIF: &second, ClientID: "c1"}); err != nil || again.GIF.Name != gif.Name {
		t.Errorf("a retry: got %+v, %v", again.GIF, err)
	}
	if err := c.Remove(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{gif.Name, second.Name} {
		if _, err := c.gifs.Open(name); !errors.Is(err, rooms.ErrNotFound) {
			t.Errorf("a file is left: %v", err)
		}
	}
}

func TestAddGIFRefuses(t *testing.T) {
	c := newChat(t, rooms.Options{})
	id := c.room(t, rooms.NewRoom{})
	for want, upload := range map[string]string{
		"gif: not_a_gif": "<script>alert(1)</script>",
		"gif: truncated": string(picture(t)[:30]),
	} {
		_, err := c.AddGIF(t.Context(), ada, id, "x.gif", strings.NewReader(upload))
		if _, ok := errors.AsType[*rooms.InvalidError](err); !ok || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := c.AddGIF(t.Context(), bob, id, "x.gif", bytes.NewReader(picture(t))); !errors.Is(err, rooms.ErrForbidden) {
		t.Errorf("a stranger: got %v, want ErrForbidden", err)
	}
	broken, writer := io.Pipe()
	writer.CloseWithError(context.Canceled)
	_, err := c.AddGIF(t.Context(), ada, id, "x.gif", broken)
	if !errors.Is(err, context.Canceled) || errors.Is(err, rooms.ErrUnavailable) {
		t.Errorf("a broken upload: got %v, want its own error", err)
	}
}

// clumsy is a Notifier that stumbles over messages.
type clumsy struct{ *diary }

func (clumsy) Posted(rooms.Message) { panic("stumbled") }

func TestAPanicLeavesTheRoomItsTurn(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	s := rooms.NewService(c.store, c.gifs, clumsy{c.diary}, rooms.Options{EmptyGrace: -1})
	defer s.Close()
	if _, _, err := s.Arrive(t.Context(), ada, id); err != nil { // or the place would be forgotten, turn and all
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_, err := s.Post(t.Context(), ada, id, rooms.Draft{Text: "x"})
		t.Errorf("nothing stumbled: %v", err)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, _, err := s.Arrive(ctx, ada, id); err != nil {
		t.Error(err)
	}
}

// meddled is a Store in which something happens once, right after somebody was
// found to be in good standing.
type meddled struct {
	rooms.Store
	then func()
}

func (s *meddled) Standing(ctx context.Context, id rooms.ID, v rooms.Session) (rooms.Room, rooms.Member, error) {
	room, member, err := s.Store.Standing(ctx, id, v)
	if then := s.then; then != nil {
		s.then = nil
		then()
	}
	return room, member, err
}

// A name that somebody gives up may be another's before the next message.
func TestNobodySpeaksUnderANameGivenUp(t *testing.T) {
	c := newChat(t, rooms.Options{EmptyGrace: -1})
	id := c.room(t, rooms.NewRoom{})
	c.enter(t, id, bob)
	m := &meddled{Store: c.store}
	s := rooms.NewService(m, c.gifs, c.diary, rooms.Options{EmptyGrace: -1})
	defer s.Close()
	if _, err := s.Rename(t.Context(), ada, id, "하나"); err != nil {
		t.Fatal(err)
	}
	m.then = func() {
		for _, one := range []struct {
			v    rooms.Visitor
			nick string
		}{{ada, "둘"}, {bob, "하나"}} {
			if _, err := s.Rename(t.Context(), one.v, id, one.nick); err != nil {
				t.Error(err)
			}
		}
	}
	said, err := s.Post(t.Context(), ada, id, rooms.Draft{Text: "x"})
	if err != nil || said.Nick != "둘" {
		t.Errorf("Ada spoke as %q, %v", said.Nick, err)
	}
}
