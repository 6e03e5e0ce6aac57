package gif_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"gifchat/rooms/gif"
)

// frameAt returns an image at a position, with rest after its rectangle.
func frameAt(left, top, width, height byte, rest string) string {
	return string([]byte{0x2c, left, 0, top, 0, width, 0, height, 0}) + rest
}

const (
	pixels  = "\x00\x02\x02\x44\x01\x00" // no colour table, code size 2, one pixel
	nothing = "\x00\x02\x01\x2c\x00"     // written for a frame without a pixel
	wait50  = "\x21\xf9\x04\x01\x05\x00\x03\x00"
	loops7  = "\x21\xff\x0bNETSCAPE2.0\x03\x01\x07\x00\x00"
)

// odd is a file that breaks a rule, and the well-formed file that looks the same in
// Chromium. test/gif-corpus.test.js compares them there.
type odd struct {
	file, want    []byte
	width, height int
	frames        int
	duration      time.Duration
}

// oddFiles returns files of 8 × 8 pixels that break a rule of the grammar.
func oddFiles() map[string]odd {
	whole := string(screen(8, 8))
	first := frameAt(0, 0, 8, 8, pixels)
	file := func(parts ...string) []byte { return []byte(strings.Join(parts, "")) }
	made := func(file, want []byte, frames int) odd { return odd{file, want, 8, 8, frames, 0} }
	shown := func(file, want []byte, frames int) odd { return odd{file, want, 8, 8, frames, 50 * time.Millisecond} }
	one := file(whole, first, ";")

	files := map[string]odd{
		"a screen of no size":             made(file(string(screen(0, 0)), first, ";"), one, 1),
		"a screen of no width":            made(file(string(screen(0, 8)), first, ";"), one, 1),
		"a smaller screen":                made(file(string(screen(7, 7)), first, ";"), one, 1),
		"a first frame beyond the screen": {file(whole, frameAt(3, 4, 8, 8, pixels), ";"), file(string(screen(11, 12)), frameAt(3, 4, 8, 8, pixels), ";"), 11, 12, 1, 0},

		"code size 9, of the second frame":      made(file(whole, first, frameAt(0, 0, 8, 8, "\x00\x09\x02\x44\x01\x00"), first, ";"), file(whole, first, frameAt(0, 0, 8, 8, nothing), ";"), 2),
		"no data, in the first frame":           made(file(whole, frameAt(0, 0, 8, 8, "\x00\x08\x00"), first, ";"), file(whole, frameAt(0, 0, 8, 8, nothing), first, ";"), 2),
		"an end within a rectangle":             made(file(whole, first, frameAt(0, 0, 8, 8, "")[:8]), one, 1),
		"an end after a rectangle":              made(file(whole, first, frameAt(0, 0, 8, 8, "")), file(whole, first, frameAt(0, 0, 8, 8, nothing), ";"), 2),
		"an end within a colour table":          made(file(whole, first, frameAt(0, 0, 8, 8, "\xc0\x01\x02")), file(whole, first, frameAt(0, 0, 8, 8, nothing), ";"), 2),
		"an end before the code size":           made(file(whole, first, frameAt(0, 0, 8, 8, "\x40")), file(whole, first, frameAt(0, 0, 8, 8, nothing), ";"), 2),
		"an end before the pixels":              made(file(whole, first, frameAt(0, 0, 8, 8, "\x00\x02")), file(whole, first, frameAt(0, 0, 8, 8, nothing), ";"), 2),
		"an end within a sub-block":             made(file(whole, first, frameAt(0, 0, 8, 8, "\x00\x02\x05\x44\x01")), file(whole, first, frameAt(0, 0, 8, 8, pixels), ";"), 2),
		"an end after a sub-block":              made(file(whole, first, frameAt(0, 0, 8, 8, "\x00\x02\x02\x44\x01")), file(whole, first, frameAt(0, 0, 8, 8, pixels), ";"), 2),
		"an end within the first frame":         made(file(whole, frameAt(0, 0, 8, 8, "\x00\x02\x09\x44\x01")), one, 1),
		"an end within an extension":            made(file(whole, first, "\x21\xfe\x09hi"), one, 1),
		"a control extension of 5 bytes":        made(file(whole, first, "\x21\xf9\x05\x01\x05\x00\x03\x00\x00", first, ";"), one, 1),
		"a control extension without end":       made(file(whole, first, "\x21\xf9\x04\x01\x05\x00\x03\x01x\x00", first, ";"), one, 1),
		"a byte that begins no block":           made(file(whole, first, "\x00", first, ";"), one, 1),
		"a control extension of an end":         made(file(whole, first, wait50, ";"), one, 1),
		"a control extension before plain text": shown(file(whole, wait50, "\x21\x01\x01x\x00", first, ";"), file(whole, wait50, first, ";"), 1),
		"two control extensions":                shown(file(whole, control, wait50, first, ";"), file(whole, wait50, first, ";"), 1),

		"a loop count after the frame":  made(file(whole, first, loops7, ";"), file(whole, first, loops7, ";"), 1),
		"two loop counts":               made(file(whole, strings.Replace(loops7, "\x07", "\x02", 1), loops7, first, ";"), file(whole, loops7, first, ";"), 1),
		"a second loop count, later":    made(file(whole, strings.Replace(loops7, "\x07", "\x02", 1), first, loops7, first, ";"), file(whole, strings.Replace(loops7, "\x07", "\x02", 1), first, loops7, first, ";"), 2),
		"the other name for loops":      made(file(whole, strings.Replace(loops7, "NETSCAPE2.0", "ANIMEXTS1.0", 1), first, ";"), file(whole, loops7, first, ";"), 1),
		"a loop count in a second part": made(file(whole, loops7[:14], "\x01\x02", loops7[14:], first, ";"), one, 1),
		"a loop count of 2 bytes":       made(file(whole, loops7[:14], "\x02\x01\x07\x00", first, ";"), one, 1),
		"a loop extension of no count":  made(file(whole, loops7[:14], "\x00\x01x\x00", first, ";"), one, 1),
	}
	for name, same := range map[string][]byte{ // unchanged by Copy
		"later frames beyond the screen": file(whole, first, frameAt(4, 4, 8, 8, pixels), frameAt(200, 200, 8, 8, pixels), ";"),
		"a later frame of no size":       file(whole, first, frameAt(0, 0, 0, 8, pixels), ";"),
		"a code size of 1":               file(whole, frameAt(0, 0, 8, 8, "\x00\x01\x02\x44\x01\x00"), first, ";"),
		"a code size of 0":               file(whole, frameAt(0, 0, 8, 8, "\x00\x00\x02\x44\x01\x00"), first, ";"),
		"no colour tables":               slices.Concat([]byte("GIF89a\x08\x00\x08\x00\x00\x00\x00"), []byte(first+first+";")),
	} {
		files[name] = made(same, same, bytes.Count(same, []byte{0x2c, 0})+bytes.Count(same, []byte{0x2c, 4})+bytes.Count(same, []byte{0x2c, 200}))
	}
	return files
}

func TestCopy_makes_odd_files_well_formed(t *testing.T) {
	for name, test := range oddFiles() {
		t.Run(name, func(t *testing.T) {
			var out, again bytes.Buffer
			got, err := gif.Copy(&out, bytes.NewReader(test.file), gif.DefaultLimits())
			if err != nil {
				t.Fatalf("got %v, want no error for %q", err, test.file)
			}
			if !bytes.Equal(out.Bytes(), test.want) {
				t.Errorf("got\n%q, want\n%q", out.Bytes(), test.want)
			}
			want := gif.Info{Width: test.width, Height: test.height, Frames: test.frames, Duration: test.duration, Bytes: int64(out.Len()), Poster: got.Poster}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if info, err := gif.Copy(&again, &out, gif.DefaultLimits()); err != nil || info != got || !bytes.Equal(again.Bytes(), test.want) {
				t.Errorf("second copy: got %q, %+v, %v, want no change", again.Bytes(), info, err)
			}
		})
	}
}

// A file that ends after its first pixel keeps the frames up to there. A file that ends
// before is refused.
func TestCopy_ends_a_cut_file_at_the_cut(t *testing.T) {
	file := animation(t, 8, 8, 2)
	firstPixel := bytes.Index(file, []byte{0x2c, 0, 0}) + 12 // after the length of the first sub-block
	second := int(secondFrame(t, file)) + 8 + 9              // after the second rectangle
	for n := range file {
		var out, again bytes.Buffer
		info, err := gif.Copy(&out, bytes.NewReader(file[:n]), gif.DefaultLimits())
		if n <= firstPixel {
			if err == nil {
				t.Errorf("cut after %d bytes: got %+v, want an error", n, info)
			}
			continue
		}
		frames := 1
		if n >= second {
			frames = 2
		}
		if err != nil || info.Frames != frames || out.Bytes()[out.Len()-1] != 0x3b {
			t.Errorf("cut after %d bytes: got %+v, %v, want %d frames", n, info, err, frames)
		}
		if _, err := gif.Copy(&again, bytes.NewReader(out.Bytes()), gif.DefaultLimits()); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Errorf("cut after %d bytes: got %q, %v from a second Copy, want no change", n, again.Bytes(), err)
		}
	}
}
