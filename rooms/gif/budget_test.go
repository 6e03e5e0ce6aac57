package gif_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gifchat/rooms/gif"
)

// screen returns the beginning of a GIF of a size with a palette of two colours.
func screen(width, height uint16) []byte {
	b := []byte("GIF89a")
	b = binary.LittleEndian.AppendUint16(b, width)
	b = binary.LittleEndian.AppendUint16(b, height)
	return append(b, 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
}

// frame returns an image of a size with sub-blocks as its pixels.
func frame(width, height uint16, pixels string) []byte {
	b := []byte{0x2c, 0, 0, 0, 0}
	b = binary.LittleEndian.AppendUint16(b, width)
	b = binary.LittleEndian.AppendUint16(b, height)
	return append(append(b, 0, 2), pixels+"\x00"...)
}

const (
	dot     = "\x02\x44\x01" // one pixel
	control = "\x21\xf9\x04\x00\x00\x00\x00\x00"
)

// These small files cost a decoder much memory or time. Files that pass are within the
// limits.
func TestCheck_bounds_the_cost_of_small_files(t *testing.T) {
	repeat := func(n int, b []byte) []byte { return bytes.Repeat(b, n) }
	file := func(parts ...[]byte) []byte { return append(slices.Concat(parts...), 0x3b) }
	endless := strings.Repeat("\xff"+strings.Repeat("\x92\x24\x49", 85), 4000) // codes without an end code

	for name, test := range map[string]struct {
		file   []byte
		reason string
	}{
		"8000 × 8000, 8 times":              {file(screen(8000, 8000), repeat(8, frame(8000, 8000, dot))), gif.ReasonTooWide},
		"4096 × 4096":                       {file(screen(4096, 4096), frame(4096, 4096, dot)), gif.ReasonScreen},
		"4096 × 4096, grown":                {file(screen(1, 1), frame(4096, 4096, dot)), gif.ReasonScreen},
		"3840 × 2160, 241 times":            {file(screen(3840, 2160), repeat(241, frame(3840, 2160, dot))), ""},
		"3840 × 2160, 242 times":            {file(screen(3840, 2160), repeat(242, frame(3840, 2160, dot))), gif.ReasonTooManyPixels},
		"3840 × 2160, by dots":              {file(screen(3840, 2160), repeat(242, frame(1, 1, dot))), gif.ReasonTooManyPixels},
		"a screen recording":                {file(screen(1860, 916), repeat(837, frame(1860, 916, dot))), ""},
		"1 × 1, 1,000 times":                {file(screen(1, 1), repeat(1000, frame(1, 1, dot))), ""},
		"1 × 1, 200,000 times":              {file(screen(1, 1), repeat(200_000, frame(1, 1, dot))), gif.ReasonTooManyFrames},
		"endless loop without delay":        {file(screen(1, 1), []byte("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"), repeat(1000, append([]byte(control), frame(1, 1, dot)...))), ""},
		"a first frame of 65,535":           {file(screen(8, 8), frame(math.MaxUint16, math.MaxUint16, dot)), gif.ReasonTooWide},
		"later frames of 65,535":            {file(screen(8, 8), frame(8, 8, dot), repeat(999, frame(math.MaxUint16, math.MaxUint16, dot))), ""},
		"pixels that never end":             {file(screen(8, 8), frame(8, 8, endless)), ""},
		"a million sub-blocks of a byte":    {file(screen(8, 8), frame(8, 8, strings.Repeat("\x01\x00", 1_000_000))), gif.ReasonTooManyBlocks},
		"a million empty sub-blocks":        {file(screen(8, 8), frame(8, 8, dot), make([]byte, 1_000_000)), ""}, // the first one ends the picture
		"a million empty comments":          {file(screen(8, 8), repeat(1_000_000, []byte("\x21\xfe\x00")), frame(8, 8, dot)), gif.ReasonTooManyBlocks},
		"a million controls for no frame":   {file(screen(8, 8), repeat(1_000_000, []byte(control)), frame(8, 8, dot)), gif.ReasonTooManyBlocks},
		"a million loop counts":             {file(screen(8, 8), repeat(1_000_000, []byte("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")), frame(8, 8, dot)), gif.ReasonTooManyBlocks},
		"a comment of five megabytes":       {file(screen(8, 8), []byte("\x21\xfe"), repeat(20_560, []byte("\xff"+strings.Repeat("x", 255))), []byte{0}, frame(8, 8, dot)), gif.ReasonTooLarge},
		"no trailer":                        {slices.Concat(screen(8, 8), frame(8, 8, dot)), ""},
		"no pixels":                         {slices.Concat(screen(8, 8), frame(8, 8, dot))[:30], gif.ReasonTruncated},
		"five megabytes and a byte, no end": {slices.Concat(screen(8, 8), frame(8, 8, strings.Repeat("\xff"+strings.Repeat("x", 255), 20_481))), gif.ReasonTooLarge},
		"five megabytes, no end":            {slices.Concat(screen(8, 8), frame(8, 8, strings.Repeat("\xff"+strings.Repeat("x", 255), 20_481)))[:5<<20], gif.ReasonTooLarge}, // with its end
		"five megabytes less two, no end":   {slices.Concat(screen(8, 8), frame(8, 8, strings.Repeat("\xff"+strings.Repeat("x", 255), 20_481)))[:5<<20-2], ""},
	} {
		t.Run(name, func(t *testing.T) {
			counted := &counter{Reader: bytes.NewReader(test.file)}
			limits := gif.DefaultLimits()
			info, err := gif.Check(counted, limits)
			refused, _ := errors.AsType[*gif.Error](err)
			if got := reason(refused); got != test.reason || refused == nil && err != nil {
				t.Fatalf("got %q (%v), want %q", got, err, test.reason)
			}
			pixels := int64(info.Width) * int64(info.Height) * int64(info.Frames)
			if info.Width > limits.Side || info.Height > limits.Side || info.Frames > limits.Frames || pixels > limits.Pixels || info.Bytes > limits.Bytes {
				t.Errorf("Check: got %+v, want it within %+v", info, limits)
			}
			if counted.n > limits.Bytes+4096 {
				t.Errorf("bytes read: got %d, want at most %d and one buffer", counted.n, limits.Bytes)
			}
		})
	}
}

type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

// The buffers do not grow with the file.
func TestCheck_allocates_little(t *testing.T) {
	file := append(slices.Concat(screen(8, 8), frame(8, 8, strings.Repeat("\xff"+strings.Repeat("x", 255), 20_000))), 0x3b)
	least := uint64(math.MaxUint64)
	for range 5 { // the runtime allocates as well, at any time
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := gif.Check(bytes.NewReader(file), gif.DefaultLimits()); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	if least > 64<<10 {
		t.Errorf("allocations for a file of %d bytes: got %d bytes, want at most 64 KiB", len(file), least)
	}
}
