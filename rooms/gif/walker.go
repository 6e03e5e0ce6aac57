package gif

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// The bytes that begin a block.
const (
	labelExtension = 0x21
	labelImage     = 0x2c
	labelTrailer   = 0x3b
)

// The extensions that are looked into; all others are skipped.
const (
	extensionPlainText   = 0x01
	extensionControl     = 0xf9
	extensionApplication = 0xff
)

const (
	colorTableFlag = 0x80 // in the packed byte of the screen and of an image
	maxSubBlock    = 255
)

// walker goes through one file, from the header to the trailer.
type walker struct {
	in     *bufio.Reader
	out    *bufio.Writer
	limits Limits

	info    Info
	read    int64
	blocks  int
	palette bool   // the screen has a colour table
	looping bool   // a loop extension was written
	control []byte // the graphic control extension that waits for its image
	scratch [maxSubBlock]byte
}

func newWalker(dst io.Writer, r io.Reader, l Limits) *walker {
	return &walker{in: bufio.NewReader(r), out: bufio.NewWriter(dst), limits: l}
}

// walk follows the grammar: header, screen, blocks, trailer.
func (w *walker) walk() error {
	if err := w.header(); err != nil {
		return err
	}
	for {
		label, err := w.next(1)
		if err != nil {
			return err
		}
		switch label[0] {
		case labelExtension:
			err = w.extension()
		case labelImage:
			err = w.image()
		case labelTrailer:
			return w.trailer()
		default:
			err = w.refuse(ReasonDamaged)
		}
		if err != nil {
			return err
		}
	}
}

// header reads the signature and the logical screen with its colour table.
func (w *walker) header() error {
	b, err := w.next(6)
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.Reason = ReasonNotGIF // an empty file is not a cut GIF
	}
	if err != nil {
		return err
	}
	if s := string(b); s != "GIF87a" && s != "GIF89a" {
		return w.refuse(ReasonNotGIF)
	}
	if err := w.write(b); err != nil {
		return err
	}
	if b, err = w.next(7); err != nil {
		return err
	}
	w.info.Width = int(binary.LittleEndian.Uint16(b[0:]))
	w.info.Height = int(binary.LittleEndian.Uint16(b[2:]))
	switch {
	case w.info.Width == 0 || w.info.Height == 0:
		return w.refuse(ReasonDamaged)
	case w.info.Width > w.limits.Side || w.info.Height > w.limits.Side:
		return w.refuse(ReasonTooWide)
	}
	packed := b[4]
	w.palette = packed&colorTableFlag != 0
	if err := w.write(b); err != nil {
		return err
	}
	return w.copyColors(packed)
}

// copyColors copies the colour table that a packed byte announces, if any.
func (w *walker) copyColors(packed byte) error {
	if packed&colorTableFlag == 0 {
		return nil
	}
	for left := 3 << (packed&7 + 1); left > 0; {
		b, err := w.next(min(left, maxSubBlock))
		if err != nil {
			return err
		}
		if err := w.write(b); err != nil {
			return err
		}
		left -= len(b)
	}
	return nil
}

// image copies one frame: its place on the screen, its colours and its
// compressed pixels, after the control extension that belongs to it.
func (w *walker) image() error {
	b, err := w.next(9)
	if err != nil {
		return err
	}
	if err := w.countFrame(b); err != nil {
		return err
	}
	packed := b[8]
	if !w.palette && packed&colorTableFlag == 0 {
		return w.refuse(ReasonDamaged) // without colours each program shows something else
	}
	err = errors.Join(w.write(w.control), w.writeByte(labelImage), w.write(b))
	if err != nil {
		return err
	}
	w.control = nil
	if err := w.copyColors(packed); err != nil {
		return err
	}
	if b, err = w.next(1); err != nil {
		return err
	}
	if codeSize := b[0]; codeSize < 2 || codeSize > 8 {
		return w.refuse(ReasonDamaged)
	}
	if err := w.write(b); err != nil {
		return err
	}
	if err := w.copyPixels(); err != nil {
		return err
	}
	if w.info.Frames == 1 {
		w.info.Poster = w.info.Bytes
	}
	return nil
}

// countFrame checks a frame's place and keeps account of the budgets.
func (w *walker) countFrame(descriptor []byte) error {
	left := int(binary.LittleEndian.Uint16(descriptor[0:]))
	top := int(binary.LittleEndian.Uint16(descriptor[2:]))
	width := int(binary.LittleEndian.Uint16(descriptor[4:]))
	height := int(binary.LittleEndian.Uint16(descriptor[6:]))
	w.info.Frames++
	pixels := int64(w.info.Frames) * int64(w.info.Width) * int64(w.info.Height)
	switch {
	case width == 0 || height == 0:
		return w.refuse(ReasonDamaged)
	case left+width > w.info.Width || top+height > w.info.Height:
		return w.refuse(ReasonOutside)
	case w.info.Frames > w.limits.Frames:
		return w.refuse(ReasonTooManyFrames)
	case pixels > w.limits.Pixels:
		return w.refuse(ReasonTooManyPixels)
	}
	if w.control != nil {
		hundredths := binary.LittleEndian.Uint16(w.control[4:])
		w.info.Duration += time.Duration(hundredths) * 10 * time.Millisecond
	}
	return nil
}

// copyPixels copies the sub-blocks of a frame, of which there must be one.
func (w *walker) copyPixels() error {
	for first := true; ; first = false {
		b, err := w.subBlock()
		if err != nil {
			return err
		}
		if len(b) == 0 && first {
			return w.refuse(ReasonDamaged)
		}
		if err := w.writeByte(byte(len(b))); err != nil || len(b) == 0 { //nolint:gosec // a sub-block has at most 255 bytes
			return err
		}
		if err := w.write(b); err != nil {
			return err
		}
	}
}

// trailer ends the file; what may follow it is not even read.
func (w *walker) trailer() error {
	if w.info.Frames == 0 {
		return w.refuse(ReasonNoFrame)
	}
	if err := w.writeByte(labelTrailer); err != nil {
		return err
	}
	return w.out.Flush()
}

// next returns the following n bytes, at most 255; they are valid until the
// next call.
func (w *walker) next(n int) ([]byte, error) {
	if w.read+int64(n) > w.limits.Bytes {
		return nil, w.refuse(ReasonTooLarge)
	}
	got, err := io.ReadFull(w.in, w.scratch[:n])
	w.read += int64(got)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, w.refuse(ReasonTruncated)
	case err != nil:
		return nil, fmt.Errorf("read gif: %w", err)
	}
	return w.scratch[:n], nil
}

// subBlock returns the next sub-block; an empty one ends a row of them.
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
	w.info.Bytes++
	if err := w.out.WriteByte(b); err != nil {
		return fmt.Errorf("write gif: %w", err)
	}
	return nil
}

func (w *walker) refuse(reason string) error {
	return &Error{Reason: reason, Offset: w.read}
}
