package gif_test

import (
	"bytes"
	"errors"
	"image"
	stdgif "image/gif"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"gifchat/rooms/gif"
)

// secondFrame returns where the second frame of an animation begins.
func secondFrame(t *testing.T, file []byte) int64 {
	t.Helper()
	control := []byte("\x21\xf9\x04")
	first := bytes.Index(file, control)
	second := bytes.Index(file[first+1:], control)
	if first < 0 || second < 0 {
		t.Fatalf("file of an animation: got no second frame in %q", file)
	}
	return int64(first + 1 + second)
}

// comparePoster checks that the poster shows the first frame of the file, as far as
// image/gif can decode it.
func comparePoster(t *testing.T, file []byte, info gif.Info) {
	t.Helper()
	poster, err := io.ReadAll(gif.NewPoster(bytes.NewReader(file), info.Poster))
	if err != nil || !bytes.Equal(poster, slices.Concat(file[:info.Poster], []byte{0x3b})) {
		t.Fatalf("poster: got %q, %v, want %d bytes of the file and a trailer", poster, err, info.Poster)
	}
	checked, err := gif.Check(bytes.NewReader(poster), gif.DefaultLimits())
	if refused, ok := errors.AsType[*gif.Error](err); ok && refused.Reason == gif.ReasonNoFrame {
		return // only later frames have pixels
	}
	if err != nil || checked.Frames != 1 || checked.Bytes != int64(len(poster)) {
		t.Fatalf("Check of the poster: got %+v, %v, want one frame", checked, err)
	}
	want, err := stdgif.Decode(bytes.NewReader(file))
	if err != nil {
		return // the compressed pixels of the first frame are broken
	}
	got, err := stdgif.DecodeAll(bytes.NewReader(poster))
	if err != nil || len(got.Image) != 1 || !samePicture(got.Image[0], want) {
		t.Fatalf("image/gif of the poster: got another first frame or %v, want that of the file", err)
	}
}

func samePicture(a *image.Paletted, b image.Image) bool {
	other, ok := b.(*image.Paletted)
	return ok && a.Rect == other.Rect && bytes.Equal(a.Pix, other.Pix) && slices.Equal(a.Palette, other.Palette)
}

func TestPoster_shows_the_first_frame(t *testing.T) {
	for name, file := range map[string][]byte{
		"an animation":  animation(t, 20, 10, 4),
		"a still":       animation(t, 20, 10, 1),
		"with comments": insert(animation(t, 300, 200, 2), "\x21\xfe\x02hi\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			info, err := gif.Copy(&out, bytes.NewReader(file), gif.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := stdgif.Decode(bytes.NewReader(out.Bytes())); err != nil {
				t.Fatal(err)
			}
			comparePoster(t, out.Bytes(), info)
		})
	}
}

func TestPoster_reads_and_seeks_like_a_file(t *testing.T) {
	file := animation(t, 20, 10, 4)
	prefix := secondFrame(t, file)
	want := slices.Concat(file[:prefix], []byte{0x3b})
	if err := iotest.TestReader(gif.NewPoster(bytes.NewReader(file), prefix), want); err != nil {
		t.Error(err)
	}
}

func TestPoster_of_a_cut_file_fails(t *testing.T) {
	file := animation(t, 20, 10, 4)
	prefix := secondFrame(t, file)
	if _, err := io.ReadAll(gif.NewPoster(bytes.NewReader(file[:prefix-1]), prefix)); err != io.ErrUnexpectedEOF { //nolint:errorlint // as io.Reader wants it
		t.Errorf("got %v, want io.ErrUnexpectedEOF", err)
	}
}
