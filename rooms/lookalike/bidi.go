package lookalike

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// unordered returns a text without the order that right-to-left letters make
// ambiguous. Beside them, numbers and other letters are shown elsewhere than they
// are written: א1 and 1א are one picture. Here the pieces that keep their inner
// order are sorted, so all texts that are shown alike are one text, and with them
// a few that are not. (The package bidi has no reordering to rely on, and the
// standard's own is 300 lines.) A text in one direction is returned as it is.
func unordered(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return flow(r) == bidi.R }) {
		return text
	}
	var pieces []string
	begin, end := 0, 0 // of the piece, end without the neutral characters behind it
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

// flow returns which way r is written: R, L, EN for numbers, ON if others decide.
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
