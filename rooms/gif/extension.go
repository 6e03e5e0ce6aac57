package gif

import "errors"

// The application extensions that say how often the frames are shown again.
// Both mean the same: http://www.vurdalakov.net/misc/gif/netscape-looping-application-extension
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
	case extensionPlainText:
		w.control = nil // it was the text's, and browsers show no text
	}
	return w.skip()
}

// graphicControl remembers how the next image is to be shown. It is written
// together with that image: one without an image would be a hiding place.
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

// application keeps the first loop count and drops everything else that
// programs put into such extensions: profiles, metadata, whole documents.
func (w *walker) application() error {
	b, err := w.subBlock()
	if err != nil || len(b) == 0 {
		return err
	}
	name := string(b)
	if name != applicationNetscape && name != applicationAnimexts {
		return w.skip()
	}
	if b, err = w.subBlock(); err != nil || len(b) == 0 {
		return err
	}
	if len(b) == 3 && b[0] == loopSubBlock && !w.looping {
		w.looping = true
		err := errors.Join(
			w.write([]byte{labelExtension, extensionApplication, byte(len(name))}), //nolint:gosec // a sub-block has at most 255 bytes
			w.write([]byte(name)),
			w.write([]byte{3, loopSubBlock, b[1], b[2], 0}),
		)
		if err != nil {
			return err
		}
	}
	return w.skip()
}

// skip reads sub-blocks to the end of their row and drops them.
func (w *walker) skip() error {
	for {
		b, err := w.subBlock()
		if err != nil || len(b) == 0 {
			return err
		}
	}
}
