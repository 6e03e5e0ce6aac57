package gif_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"image"
	"image/color"
	stdgif "image/gif"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"gifchat/rooms/gif"
)

// animation returns a GIF with a number of frames of 50 ms.
func animation(t testing.TB, width, height, frames int) []byte {
	t.Helper()
	colors := color.Palette{color.Black, color.White}
	g := &stdgif.GIF{LoopCount: 3, Config: image.Config{ColorModel: colors, Width: width, Height: height}}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, width, height), colors)
		frame.SetColorIndex(i%width, i%height, 1)
		g.Image = append(g.Image, frame)
		g.Delay = append(g.Delay, 5)
	}
	var b bytes.Buffer
	if err := stdgif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const headerLen = 13 // signature and logical screen

// colorsLen is the length of the global colour table of animation.
const colorsLen = 6

// insert inserts a block after the global colour table.
func insert(file []byte, block string) []byte {
	at := headerLen
	if file[10]&0x80 != 0 {
		at += 3 << (file[10]&7 + 1)
	}
	return slices.Concat(file[:at], []byte(block), file[at:])
}

func TestCopy_describes_a_GIF(t *testing.T) {
	file := animation(t, 20, 10, 4)
	var out bytes.Buffer
	got, err := gif.Copy(&out, bytes.NewReader(file), gif.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	want := gif.Info{Width: 20, Height: 10, Frames: 4, Duration: 200 * time.Millisecond, Bytes: int64(out.Len()), Poster: secondFrame(t, file)}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !bytes.Equal(out.Bytes(), file) {
		t.Errorf("copy of a plain GIF: got %q, want it unchanged", out.Bytes())
	}
}

func TestCopy_keeps_only_the_picture(t *testing.T) {
	const script = "<script>alert(1)</script>"
	plain := animation(t, 8, 8, 2)
	comment := "\x21\xfe" + string(rune(len(script))) + script + "\x00"
	text := "\x21\x01\x0c" + strings.Repeat("\x00", 12) + string(rune(len(script))) + script + "\x00"
	xmp := "\x21\xff\x0bXMP DataXMP" + string(rune(len(script))) + script + "\x00"
	control := "\x21\xf9\x04\x00\xff\xff\x00\x00"
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	if _, err := z.Create("evil.class"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}

	for name, file := range map[string][]byte{
		"a page in a comment":               insert(plain, comment),
		"a page as plain text":              insert(plain, text),
		"a page in an unknown application":  insert(plain, xmp),
		"an unknown extension":              insert(plain, "\x21\x42\x01x\x00"),
		"a control extension replaced":      insert(plain, control+text),
		"a control extension for no image":  append(bytes.Clone(plain[:len(plain)-1]), control+";"...),
		"an application of a strange size":  insert(plain, "\x21\xff\x03abc\x00"),
		"an empty extension":                insert(plain, "\x21\xff\x00"),
		"a page after the trailer":          append(bytes.Clone(plain), script...),
		"a ZIP file after the trailer":      append(bytes.Clone(plain), archive.Bytes()...),
		"a second GIF after the trailer":    append(bytes.Clone(plain), plain...),
		"six megabytes after the trailer":   append(bytes.Clone(plain), make([]byte, 6<<20)...),
		"a page within the loop extension":  bytes.Replace(plain, []byte("NETSCAPE2.0\x03\x01\x03\x00"), []byte("NETSCAPE2.0\x03\x01\x03\x00\x19"+script), 1),
		"another loop count before it":      insert(plain, "\x21\xff\x0bANIMEXTS1.0\x03\x01\x09\x00\x00"),
		"the loop count a second time":      bytes.Replace(plain, []byte("\x21\xf9"), []byte("\x21\xff\x0bANIMEXTS1.0\x03\x01\x03\x00\x00\x21\xf9"), 1),
		"GIF87a":                            bytes.Replace(plain, []byte("GIF89a"), []byte("GIF87a"), 1),
		"no trailer":                        plain[:len(plain)-1],
		"a page in place of the trailer":    append(bytes.Clone(plain[:len(plain)-1]), script...),
		"everything, between all its parts": insert(append(bytes.Clone(plain), script...), comment+text+xmp),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if _, err := gif.Copy(&out, bytes.NewReader(file), gif.DefaultLimits()); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), plain) {
				t.Errorf("got %q, want the plain picture %q", out.Bytes(), plain)
			}
		})
	}
}

func TestCheck_refuses_files_without_a_picture(t *testing.T) {
	plain := animation(t, 8, 8, 2)
	patch := func(at int, b ...byte) []byte {
		file := bytes.Clone(plain)
		copy(file[at:], b)
		return file
	}
	colors := headerLen + colorsLen
	noPixels := func(b ...byte) []byte { // a file with one frame, which has b after its rectangle
		return slices.Concat(plain[:colors], []byte("\x2c\x00\x00\x00\x00\x08\x00\x08\x00"), b)
	}

	for name, test := range map[string]struct {
		file   []byte
		reason string
	}{
		"nothing":                          {nil, gif.ReasonNotGIF},
		"a page":                           {[]byte("<!doctype html><script>alert(1)</script>"), gif.ReasonNotGIF},
		"a PNG":                            {[]byte("\x89PNG\r\n\x1a\n00000000000000"), gif.ReasonNotGIF},
		"another version":                  {patch(4, '8'), gif.ReasonNotGIF},
		"a script that begins like a GIF":  {[]byte("GIF89a/*..*/=1;alert(1)//"), gif.ReasonTooWide},
		"no frame":                         {append(bytes.Clone(plain[:headerLen+colorsLen]), 0x3b), gif.ReasonNoFrame},
		"a wide screen":                    {patch(6, 0x01, 0x10), gif.ReasonTooWide},
		"a high screen":                    {patch(8, 0x01, 0x10), gif.ReasonTooWide},
		"a byte between the blocks":        {insert(plain, "\x00"), gif.ReasonDamaged},
		"a long control extension":         {insert(plain, "\x21\xf9\x05\x00\x00\x00\x00\x00\x00"), gif.ReasonDamaged},
		"a control extension without end":  {insert(plain, "\x21\xf9\x04\x00\x00\x00\x00\x01x\x00"), gif.ReasonDamaged},
		"an area above the limit":          {patch(6, 0, 0x10, 0, 0x10), gif.ReasonScreen},
		"no size at all":                   {slices.Concat(patch(6, 0, 0, 0, 0)[:colors], []byte("\x2c\x00\x00\x00\x00\x00\x00\x08\x00\x00\x02\x01\x2c\x00\x3b")), gif.ReasonDamaged},
		"an image without style":           {noPixels(), gif.ReasonTruncated},
		"an image of code size 9":          {noPixels(0, 9, 2, 0x44, 1, 0, 0x3b), gif.ReasonDamaged},
		"an image of no width, cut":        {slices.Concat(plain[:colors], []byte("\x2c\x00\x00\x00\x00\x00\x00\x08\x00\x00\x02\x09\x44\x01")), gif.ReasonTruncated},
		"an image without data":            {noPixels(0, 2, 0, 0x3b), gif.ReasonNoFrame},
		"an image of no colour":            {noPixels(0, 2, 1, 0x2c, 0, 0x3b), gif.ReasonNoFrame},
		"an image that begins wrong":       {noPixels(0, 2, 2, 0x3c, 1, 0, 0x3b), gif.ReasonNoFrame},
		"a million empty extensions":       {insert(plain, strings.Repeat("\x21\xfe\x00", 1_000_000)), gif.ReasonTooManyBlocks},
		"a comment in a million parts":     {insert(plain, "\x21\xfe"+strings.Repeat("\x01x", 1_000_000)+"\x00"), gif.ReasonTooManyBlocks},
		"six megabytes":                    {insert(plain, "\x21\xfe"+strings.Repeat("\xff"+strings.Repeat("x", 255), 24_000)+"\x00"), gif.ReasonTooLarge},
		"a million bytes without an image": {insert(plain[:headerLen+colorsLen], "\x21\xfe"+strings.Repeat("\xff"+strings.Repeat("x", 255), 4000)), gif.ReasonTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gif.Check(bytes.NewReader(test.file), gif.DefaultLimits())
			refused, ok := errors.AsType[*gif.Error](err)
			if !ok || refused.Reason != test.reason {
				t.Errorf("got %v, want %s", err, test.reason)
			}
		})
	}
}

func TestCheck_holds_each_limit(t *testing.T) {
	small := func(change func(*gif.Limits)) gif.Limits {
		l := gif.DefaultLimits()
		change(&l)
		return l
	}
	file := animation(t, 8, 8, 4)
	for name, test := range map[string]struct {
		limits gif.Limits
		reason string // "" if the file is within the limit
	}{
		"as many frames as allowed": {small(func(l *gif.Limits) { l.Frames = 4 }), ""},
		"one frame too many":        {small(func(l *gif.Limits) { l.Frames = 3 }), gif.ReasonTooManyFrames},
		"as many pixels as allowed": {small(func(l *gif.Limits) { l.Pixels = 256 }), ""},
		"one pixel too many":        {small(func(l *gif.Limits) { l.Pixels = 255 }), gif.ReasonTooManyPixels},
		"as many bytes as allowed":  {small(func(l *gif.Limits) { l.Bytes = int64(len(file)) }), ""},
		"one byte too many":         {small(func(l *gif.Limits) { l.Bytes = int64(len(file)) - 1 }), gif.ReasonTooLarge},
		"as wide as allowed":        {small(func(l *gif.Limits) { l.Side = 8 }), ""},
		"one column too wide":       {small(func(l *gif.Limits) { l.Side = 7 }), gif.ReasonTooWide},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := gif.Check(bytes.NewReader(file), test.limits)
			refused, _ := errors.AsType[*gif.Error](err)
			if got := reason(refused); got != test.reason {
				t.Errorf("got %q, want %q", got, test.reason)
			}
		})
	}
}

func reason(e *gif.Error) string {
	if e == nil {
		return ""
	}
	return e.Reason
}

func TestCopy_returns_errors_of_reader_and_writer(t *testing.T) {
	file := animation(t, 8, 8, 2)
	broken := errors.New("broken")
	_, err := gif.Check(io.MultiReader(bytes.NewReader(file[:30]), iotest.ErrReader(broken)), gif.DefaultLimits())
	if !errors.Is(err, broken) {
		t.Errorf("reading: got %v, want %v", err, broken)
	}
	_, err = gif.Check(io.MultiReader(bytes.NewReader(file[:len(file)-20]), iotest.ErrReader(io.ErrUnexpectedEOF)), gif.DefaultLimits())
	if _, ok := errors.AsType[*gif.Error](err); ok || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reading an upload that broke off: got %v, want %v", err, io.ErrUnexpectedEOF)
	}
	_, err = gif.Copy(failingWriter{broken}, bytes.NewReader(file), gif.DefaultLimits())
	if !errors.Is(err, broken) {
		t.Errorf("writing: got %v, want %v", err, broken)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func FuzzCheck(f *testing.F) {
	plain := animation(f, 8, 8, 2)
	f.Add(plain)
	f.Add(insert(plain, "\x21\xfe\x02hi\x00"))
	f.Add(insert(plain, "\x21\x01\x01x\x00\x21\xff\x0bXMP DataXMP\x01x\x00"))
	f.Add(bytes.Replace(plain, []byte("NETSCAPE2.0"), []byte("ANIMEXTS1.0"), 1))
	f.Add([]byte("GIF87a"))
	for _, test := range oddFiles() {
		f.Add(test.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var once, twice bytes.Buffer
		info, err := gif.Copy(&once, bytes.NewReader(file), gif.DefaultLimits())
		if err != nil {
			if _, ok := errors.AsType[*gif.Error](err); !ok {
				t.Fatalf("Copy: got %v, want an Error", err)
			}
			return
		}
		config, err := stdgif.DecodeConfig(bytes.NewReader(once.Bytes()))
		if err != nil || config.Width != info.Width || config.Height != info.Height {
			t.Fatalf("image/gif: got %d × %d, %v, want %+v", config.Width, config.Height, err, info)
		}
		again, err := gif.Copy(&twice, bytes.NewReader(once.Bytes()), gif.DefaultLimits())
		if err != nil || again != info || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Fatalf("second Copy: got %+v, %v, want %+v and the same bytes", again, err, info)
		}
		comparePoster(t, once.Bytes(), info)
	})
}

func BenchmarkCheck(b *testing.B) {
	file := animation(b, 500, 500, 100)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gif.Check(bytes.NewReader(file), gif.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
