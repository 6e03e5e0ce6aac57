package gif

import (
	"encoding/binary"
	"errors"
	"time"
)

const (
	rectSize    = 8 // left, top, width, height
	maxCodeSize = 8 // of LZW; Chromium accepts 0 and 1, and stops at a larger one
)

// noPixels replaces empty image data: a code size of 2, and a sub-block with the clear
// code and the end code.
var noPixels = []byte{2, 1, 0x2c, 0}

// blankFrame completes a frame of which only the rectangle is known: no colour table and
// no pixels. Browsers count such a frame.
var blankFrame = append([]byte{0}, noPixels...)

// image copies one frame: its rectangle on the screen, its colours and its
// compressed pixels, after the control extension that belongs to it. A frame
// counts once its rectangle is known, even if the file breaks after that.
func (w *walker) image() error {
	b, err := w.next(rectSize)
	if err != nil {
		return err
	}
	if err := w.countFrame(b); err != nil {
		return err
	}
	empty := binary.LittleEndian.Uint16(b[4:]) == 0 || binary.LittleEndian.Uint16(b[6:]) == 0
	if err := w.beginFrame(b); err != nil {
		return err
	}
	style, codeSize, err := w.frameStyle()
	if err != nil {
		return errors.Join(w.write(blankFrame), err)
	}
	if err := w.write(style); err != nil {
		return err
	}
	hasPixel, err := w.copyPixels(codeSize)
	if empty && err == nil || !empty && hasPixel {
		w.painted = true
	}
	if w.info.Frames == 1 {
		w.info.Poster = w.info.Bytes
	}
	return err
}

// countFrame grows the screen to the first frame, as browsers do, and checks
// the limits. Later frames may reach beyond the screen: browsers clip them, and
// a decoder allocates the screen alone.
func (w *walker) countFrame(rect []byte) error {
	w.info.Frames++
	if w.info.Frames == 1 {
		w.info.Width = max(w.info.Width, end(rect[0:], rect[4:]))
		w.info.Height = max(w.info.Height, end(rect[2:], rect[6:]))
		if w.info.Width == 0 || w.info.Height == 0 {
			return w.refuse(ReasonDamaged)
		}
		if err := w.checkScreen(); err != nil {
			return err
		}
	}
	switch {
	case w.info.Frames > w.limits.Frames:
		return w.refuse(ReasonTooManyFrames)
	case int64(w.info.Frames)*int64(w.info.Width)*int64(w.info.Height) > w.limits.Pixels:
		return w.refuse(ReasonTooManyPixels)
	}
	if w.control != nil {
		hundredths := binary.LittleEndian.Uint16(w.control[4:])
		w.info.Duration += time.Duration(hundredths) * 10 * time.Millisecond
	}
	return nil
}

// end returns where a side of a rectangle ends.
func end(start, length []byte) int {
	return int(binary.LittleEndian.Uint16(start)) + int(binary.LittleEndian.Uint16(length))
}

// beginFrame writes a frame up to its rectangle, and before the first one the
// header with the screen as it is now.
func (w *walker) beginFrame(rect []byte) error {
	begin := make([]byte, 0, len(w.control)+1+rectSize)
	begin = append(append(append(begin, w.control...), labelImage), rect...)
	w.control = nil
	if w.info.Frames == 1 {
		screen := w.header[len(version):]
		binary.LittleEndian.PutUint16(screen[0:], uint16(w.info.Width))  //nolint:gosec // within the limits
		binary.LittleEndian.PutUint16(screen[2:], uint16(w.info.Height)) //nolint:gosec // within the limits
		if err := w.write(w.header); err != nil {
			return err
		}
	}
	return errors.Join(w.writeLoop(), w.write(begin))
}

// frameStyle returns the packed byte of a frame with its colour table, and the
// code size of its pixels.
func (w *walker) frameStyle() (style []byte, codeSize byte, err error) {
	b, err := w.next(1)
	if err != nil {
		return nil, 0, err
	}
	if style, err = w.appendColors([]byte{b[0]}, b[0]); err != nil {
		return nil, 0, err
	}
	if b, err = w.next(1); err != nil {
		return nil, 0, err
	}
	if b[0] > maxCodeSize {
		return nil, 0, w.refuse(ReasonDamaged)
	}
	return style, b[0], nil
}

// copyPixels copies the sub-blocks of a frame up to the end of the file, and the empty
// sub-block that ends them. It reports whether a browser paints a pixel.
func (w *walker) copyPixels(codeSize byte) (hasPixel bool, err error) {
	b, err := w.subBlock()
	if len(b) == 0 {
		return false, errors.Join(w.write(noPixels), err)
	}
	first := newFirstCode(codeSize)
	failed := w.writeByte(codeSize)
	for len(b) > 0 {
		first.read(b)
		failed = errors.Join(failed, w.writeByte(byte(len(b))), w.write(b)) //nolint:gosec // a sub-block has at most 255 bytes
		if err != nil || failed != nil {
			break
		}
		b, err = w.subBlock()
	}
	return first.pixel, errors.Join(failed, w.writeByte(0), err)
}

// firstCode finds the first LZW code that does not clear the table. If this code is a
// colour, a browser paints at least one pixel, whatever follows.
type firstCode struct {
	width uint // of a code, in bits
	clear uint
	bits  uint
	held  uint // number of bits
	done  bool
	pixel bool
}

func newFirstCode(codeSize byte) *firstCode {
	return &firstCode{width: uint(codeSize) + 1, clear: 1 << codeSize}
}

func (f *firstCode) read(b []byte) {
	for _, c := range b {
		f.bits |= uint(c) << f.held
		for f.held += 8; f.held >= f.width && !f.done; f.held -= f.width {
			code := f.bits & (1<<f.width - 1)
			f.bits >>= f.width
			f.done = code != f.clear
			f.pixel = code < f.clear
		}
		if f.done {
			return
		}
	}
}
