package gif

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The bytes that begin a block.
const (
	labelExtension = 0x21
	labelImage     = 0x2c
	labelTrailer   = 0x3b
)

const (
	version        = "GIF89a" // written for GIF87a too, which has no extensions
	colorTableFlag = 0x80     // in the packed byte of the screen and of an image
	maxColorTable  = 3 * 256
	maxSubBlock    = 255
	maxHeader      = len(version) + 7 + maxColorTable
	noLoop         = -1
)

// walker reads the blocks of one file and writes those that a browser needs.
type walker struct {
	in     *bufio.Reader
	out    *bufio.Writer
	limits Limits

	info    Info
	read    int64
	blocks  int
	painted bool   // a browser paints a pixel of the frames so far
	header  []byte // kept until the first image, which can enlarge the screen
	control []byte // the graphic control extension of the next image
	loop    int    // the last loop count, or noLoop
	written int    // the last loop count that was written, or noLoop
	scratch [maxSubBlock]byte
}

func newWalker(dst io.Writer, r io.Reader, l Limits) *walker {
	return &walker{in: bufio.NewReader(r), out: bufio.NewWriter(dst), limits: l, loop: noLoop, written: noLoop}
}

// walk follows the grammar: header, screen, blocks, trailer. As in browsers, an error in
// the file ends the picture if a pixel was painted before.
func (w *walker) walk() error {
	if err := w.readHeader(); err != nil {
		return err
	}
	for {
		more, err := w.block()
		if broken, ok := errors.AsType[*Error](err); ok && broken.endsPicture() && w.painted {
			return w.end()
		}
		if err != nil {
			return err
		}
		if !more {
			return w.end()
		}
	}
}

// block copies the next block. It returns false for the trailer; bytes after
// the trailer are not read.
func (w *walker) block() (more bool, err error) {
	label, err := w.next(1)
	if err != nil {
		return false, err
	}
	switch label[0] {
	case labelExtension:
		return true, w.extension()
	case labelImage:
		return true, w.image()
	case labelTrailer:
		return false, nil
	default:
		return false, w.refuse(ReasonDamaged)
	}
}

// end writes the end of the GIF.
func (w *walker) end() error {
	if !w.painted {
		return w.refuse(ReasonNoFrame)
	}
	if err := errors.Join(w.writeLoop(), w.writeByte(labelTrailer)); err != nil {
		return err
	}
	if w.info.Bytes > w.limits.Bytes { // with an end that the file did not have
		return w.refuse(ReasonTooLarge)
	}
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write gif: %w", err)
	}
	return nil
}

// readHeader reads the signature and the logical screen with its colour table.
func (w *walker) readHeader() error {
	b, err := w.next(len(version))
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.Reason = ReasonNotGIF // an empty file is not a cut GIF
	}
	if err != nil {
		return err
	}
	if s := string(b); s != "GIF87a" && s != "GIF89a" {
		return w.refuse(ReasonNotGIF)
	}
	if b, err = w.next(7); err != nil {
		return err
	}
	w.header = append(append(make([]byte, 0, maxHeader), version...), b...)
	w.info.Width = int(binary.LittleEndian.Uint16(b[0:]))
	w.info.Height = int(binary.LittleEndian.Uint16(b[2:]))
	if err := w.checkScreen(); err != nil {
		return err
	}
	w.header, err = w.appendColors(w.header, b[4])
	return err
}

// checkScreen refuses a screen that exceeds a limit.
func (w *walker) checkScreen() error {
	switch {
	case w.info.Width > w.limits.Side || w.info.Height > w.limits.Side:
		return w.refuse(ReasonTooWide)
	case int64(w.info.Width)*int64(w.info.Height) > w.limits.Screen:
		return w.refuse(ReasonScreen)
	}
	return nil
}

// appendColors reads the colour table that a packed byte announces, if any.
func (w *walker) appendColors(dst []byte, packed byte) ([]byte, error) {
	if packed&colorTableFlag == 0 {
		return dst, nil
	}
	for left := 3 << (packed&7 + 1); left > 0; {
		b, err := w.next(min(left, maxSubBlock))
		if err != nil {
			return dst, err
		}
		dst = append(dst, b...)
		left -= len(b)
	}
	return dst, nil
}

// next returns the following n bytes, at most 255. They are valid until the next call.
// At the end of the file it returns the bytes that are left, and an error.
func (w *walker) next(n int) ([]byte, error) {
	allowed := min(int64(n), w.limits.Bytes-w.read)
	got := 0
	for got < int(allowed) {
		k, err := w.in.Read(w.scratch[got:allowed])
		got += k
		w.read += int64(k)
		if err != nil {
			return w.scratch[:got], w.readError(err)
		}
	}
	if got < n {
		if _, err := w.in.Peek(1); err != nil {
			return w.scratch[:got], w.readError(err)
		}
		return nil, w.refuse(ReasonTooLarge)
	}
	return w.scratch[:n], nil
}

func (w *walker) readError(err error) error {
	if err == io.EOF { //nolint:errorlint // io.Reader returns io.EOF itself; a wrapped one is another error
		return w.refuse(ReasonTruncated)
	}
	return fmt.Errorf("read gif: %w", err)
}

// subBlock returns the next sub-block. An empty one ends a sequence of sub-blocks. If the
// file ends within it, subBlock returns the bytes before the end, and an error.
func (w *walker) subBlock() ([]byte, error) {
	if w.blocks++; w.blocks > w.limits.Blocks {
		return nil, w.refuse(ReasonTooManyBlocks)
	}
	size, err := w.next(1)
	if err != nil || size[0] == 0 {
		return nil, err
	}
	return w.next(int(size[0]))
}

func (w *walker) write(b []byte) error {
	n, err := w.out.Write(b)
	w.info.Bytes += int64(n)
	if err != nil {
		return fmt.Errorf("write gif: %w", err)
	}
	return nil
}

func (w *walker) writeByte(b byte) error {
	if err := w.out.WriteByte(b); err != nil {
		return fmt.Errorf("write gif: %w", err)
	}
	w.info.Bytes++
	return nil
}

func (w *walker) refuse(reason string) error {
	return &Error{Reason: reason, Offset: w.read}
}
