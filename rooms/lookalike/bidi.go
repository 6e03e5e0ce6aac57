package lookalike

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// unordered returns a text without the order that right-to-left letters make
// ambiguous. Beside such letters, numbers and other letters are displayed in another
// order than they are written: א1 and 1א look the same. unordered sorts the pieces that
// keep their inner order, so texts that look the same become one text. A few texts that
// look different become one as well. (The package bidi has no reliable reordering, and
// the algorithm of the standard takes 300 lines.) A text in one direction is returned
// unchanged.
func unordered(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return flow(r) == bidi.R }) {
		return text
	}
	var pieces []string
	begin, end := 0, 0 // of the piece; the neutral characters after it are not part of it
	var of bidi.Class
	for i, r := range text {
		next := flow(r)
		if next == bidi.ON && of == bidi.R {
			continue // may be within a piece
		}
		if next != of || next == bidi.ON {
			pieces = append(pieces, text[begin:end], text[end:i])
			begin, of = i, next
		}
		end = i + len(string(r))
	}
	pieces = append(pieces, text[begin:end], text[end:])
	slices.Sort(pieces)
	return strings.Join(pieces, "")
}

// flow returns the direction of r: R, L, EN for numbers, or ON if its neighbours decide.
func flow(r rune) bidi.Class {
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.R, bidi.AL:
		return bidi.R
	case bidi.EN, bidi.AN:
		return bidi.EN
	case bidi.L:
		return bidi.L
	default:
		return bidi.ON
	}
}
