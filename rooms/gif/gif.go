// Package gif checks GIF files by walking their blocks. It never decompresses
// an image, so that a small file cannot cost much memory or time, and it keeps
// only what a browser needs to show the picture: comments, plain text, unknown
// extensions and whatever follows the trailer are where other files hide.
//
// The grammar is that of https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
package gif

import (
	"fmt"
	"io"
	"time"
)

// Limits bound what a GIF may cost those who look at it.
type Limits struct {
	Bytes  int64 // of the file up to its trailer
	Side   int   // width and height, in pixels
	Frames int
	Pixels int64 // screen width × screen height × frames: what a decoder paints
	Blocks int   // extensions and sub-blocks: what a walk visits
}

// DefaultLimits returns the limits of the chat.
func DefaultLimits() Limits {
	return Limits{
		Bytes:  5 << 20, // keeps a room's page loadable on a slow line
		Side:   4096,    // the largest texture every phone can hold
		Frames: 1000,
		Pixels: 500_000_000,
		Blocks: 1 << 17, // 5 MiB in full sub-blocks are 20,561
	}
}

// Info tells what a checked GIF is.
type Info struct {
	Width, Height int
	Frames        int
	Duration      time.Duration // of one round, as the file says
	Bytes         int64         // what Copy has written
	Poster        int64         // of these, those up to the end of the first image: see NewPoster
}

// Why a file can be refused.
const (
	ReasonNotGIF        = "not_a_gif"
	ReasonTruncated     = "truncated"
	ReasonDamaged       = "damaged"
	ReasonNoFrame       = "no_frame"
	ReasonTooLarge      = "too_large"       // in bytes
	ReasonTooWide       = "too_wide"        // or too high
	ReasonTooManyFrames = "too_many_frames" //
	ReasonTooManyPixels = "too_many_pixels" // in all frames together
	ReasonTooManyBlocks = "too_many_blocks" //
	ReasonOutside       = "frame_outside"   // a frame reaches over the screen
)

// Error refuses a file. Reason is one of the constants above.
type Error struct {
	Reason string
	Offset int64 // how far the walk had come
}

func (e *Error) Error() string {
	return fmt.Sprintf("gif: %s at byte %d", e.Reason, e.Offset)
}

// Check reads a GIF up to its trailer and tells what it is. A file that breaks
// a rule or a limit is refused with *Error; other errors are those of r.
func Check(r io.Reader, l Limits) (Info, error) {
	return Copy(io.Discard, r, l)
}

// Copy is Check, and writes the GIF to dst without the parts that nobody sees.
//
//  1. What it has written without an error passes Check, and Copy would not
//     change it again.
//  2. It holds a few KiB, however large the file is.
//  3. After an error dst holds a part that is of no use.
func Copy(dst io.Writer, r io.Reader, l Limits) (Info, error) {
	w := newWalker(dst, r, l)
	if err := w.walk(); err != nil {
		return Info{}, err
	}
	return w.info, nil
}
