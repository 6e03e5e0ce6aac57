package gif

import "encoding/binary"

// The extensions that are read. All others are skipped.
const (
	extensionControl     = 0xf9
	extensionApplication = 0xff
)

// The application extensions with the number of loops. Both have the same meaning;
// NETSCAPE2.0 is written for both:
// http://www.vurdalakov.net/misc/gif/netscape-looping-application-extension
const (
	applicationNetscape = "NETSCAPE2.0"
	applicationAnimexts = "ANIMEXTS1.0"
	loopSubBlock        = 1 // the first byte of the sub-block with the count
)

// extension reads one extension and keeps it only if it changes the picture.
func (w *walker) extension() error {
	label, err := w.next(1)
	if err != nil {
		return err
	}
	switch label[0] {
	case extensionControl:
		return w.graphicControl()
	case extensionApplication:
		return w.application()
	}
	return w.skip()
}

// graphicControl keeps the control extension of the next image, with which it is
// written: a control extension without an image could hide data. By the specification a
// plain text block uses it up, but browsers skip the text and apply the control to the
// next image.
func (w *walker) graphicControl() error {
	b, err := w.subBlock()
	if err != nil {
		return err
	}
	if len(b) != 4 {
		return w.refuse(ReasonDamaged)
	}
	w.control = append([]byte{labelExtension, extensionControl, 4}, b...)
	w.control = append(w.control, 0)
	if b, err = w.subBlock(); err != nil {
		return err
	}
	if len(b) != 0 {
		return w.refuse(ReasonDamaged)
	}
	return nil
}

// application keeps a loop count. It drops all other application extensions, in which
// programs put profiles, metadata and whole documents.
func (w *walker) application() error {
	b, err := w.subBlock()
	if err != nil || len(b) == 0 {
		return err
	}
	if name := string(b); name == applicationNetscape || name == applicationAnimexts {
		if b, err = w.subBlock(); err != nil {
			return err
		}
		if len(b) == 3 && b[0] == loopSubBlock {
			w.loop = int(binary.LittleEndian.Uint16(b[1:]))
		}
		// In Chromium an empty sub-block in place of the count does not end the extension.
	}
	return w.skip()
}

// writeLoop writes the last loop count, unless it was written already. It is called
// before an image or the trailer, so that consecutive loop counts become one.
func (w *walker) writeLoop() error {
	if w.loop == w.written {
		return nil
	}
	w.written = w.loop
	b := append([]byte{labelExtension, extensionApplication, byte(len(applicationNetscape))}, applicationNetscape...)
	b = binary.LittleEndian.AppendUint16(append(b, 3, loopSubBlock), uint16(w.loop)) //nolint:gosec // it was read as one
	return w.write(append(b, 0))
}

// skip reads sub-blocks to the end of their sequence and drops them.
func (w *walker) skip() error {
	for {
		b, err := w.subBlock()
		if err != nil || len(b) == 0 {
			return err
		}
	}
}
