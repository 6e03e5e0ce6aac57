// Package gif checks GIF files by walking their blocks. It never decompresses
// an image, so a small file cannot cost much memory or time. It keeps only the
// blocks that a browser needs to show the picture: comments, plain text,
// unknown extensions and bytes after the trailer can hide other files.
//
// The grammar is that of https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
// Where a file breaks it, Chromium's decoder (Wuffs) decides what the file
// shows; docs/decisions/0022-accept-gifs-that-browsers-show.md lists the cases.
package gif

import (
	"fmt"
	"io"
	"time"
)

// Limits bounds the cost of a GIF for the browsers that show it.
type Limits struct {
	Bytes  int64 // of the file up to its end
	Side   int   // width and height of the screen, in pixels
	Screen int64 // width × height of the screen: what a decoder allocates
	Frames int
	Pixels int64 // width × height × frames: what a decoder paints
	Blocks int   // extensions and sub-blocks: what a walk visits
}

// DefaultLimits returns the limits of the chat.
func DefaultLimits() Limits {
	return Limits{
		Bytes:  5 << 20, // a room's page still loads on a slow connection
		Side:   4096,    // the largest texture every phone can hold
		Screen: 3840 * 2160,
		Frames: 1000,
		Pixels: 2_000_000_000,
		Blocks: 1 << 17, // 5 MiB in full sub-blocks are 20,561
	}
}

// Info describes a checked GIF.
type Info struct {
	Width, Height int // of the screen, grown to the first frame
	Frames        int
	Duration      time.Duration // of one loop
	Bytes         int64         // written by Copy
	Poster        int64         // bytes up to the end of the first image; see NewPoster
}

// Reasons for refusing a file.
const (
	ReasonNotGIF        = "not_a_gif"
	ReasonTruncated     = "truncated" // before any pixel
	ReasonDamaged       = "damaged"   // before any pixel
	ReasonNoFrame       = "no_frame"
	ReasonTooLarge      = "too_large"        // in bytes
	ReasonTooWide       = "too_wide"         // or too high
	ReasonScreen        = "too_large_screen" // width × height
	ReasonTooManyFrames = "too_many_frames"
	ReasonTooManyPixels = "too_many_pixels" // in all frames together
	ReasonTooManyBlocks = "too_many_blocks"
)

// Error refuses a file. Reason is one of the constants above.
type Error struct {
	Reason string
	Offset int64 // bytes read before it
}

func (e *Error) Error() string {
	return fmt.Sprintf("gif: %s at byte %d", e.Reason, e.Offset)
}

// endsPicture reports whether browsers show the frames before the error.
func (e *Error) endsPicture() bool {
	return e.Reason == ReasonTruncated || e.Reason == ReasonDamaged
}

// Check reads a GIF up to its end and describes it. It returns an *Error for a
// file that shows nothing or exceeds a limit; other errors are those of r.
func Check(r io.Reader, l Limits) (Info, error) {
	return Copy(io.Discard, r, l)
}

// Copy is Check, and writes a GIF that shows the same to dst.
//
//  1. The output is well-formed: a file that ends or breaks after its first pixel ends
//     there, with a trailer.
//  2. Copying the output again does not change it.
//  3. Copy holds a few KiB, however large the file is.
//  4. After an error the bytes in dst are useless.
//
// The end of the file is io.EOF alone; io.ErrUnexpectedEOF is an upload that
// broke off, and is returned like any other error of r.
func Copy(dst io.Writer, r io.Reader, l Limits) (Info, error) {
	w := newWalker(dst, r, l)
	if err := w.walk(); err != nil {
		return Info{}, err
	}
	return w.info, nil
}
