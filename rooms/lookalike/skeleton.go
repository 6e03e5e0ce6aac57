// Package lookalike compares names by their appearance: two names that look the same
// have a common key.
package lookalike

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:generate go run gen.go -data confusables.txt

// skeleton returns the skeleton of a text, in which characters that look the same are
// one character: https://www.unicode.org/reports/tr39/#Confusable_Detection
//
// Unlike in the standard, Hangul syllables are not decomposed. The standard splits a
// syllable into consonants and vowels and gives final and initial consonants the same
// prototype: 각가 and 가까 would be the same. The text must be in NFC, so that syllables
// written as separate jamo are composed.
func skeleton(text string) string {
	var b strings.Builder
	for text != "" {
		n := strings.IndexFunc(text, syllable)
		if n < 0 {
			n = len(text)
		}
		b.WriteString(norm.NFD.String(prototypes(norm.NFD.String(text[:n]))))
		if text = text[n:]; text != "" {
			_, n := utf8.DecodeRuneInString(text)
			b.WriteString(text[:n])
			text = text[n:]
		}
	}
	return withoutDots(b.String())
}

// syllable reports whether r is a Hangul syllable.
func syllable(r rune) bool { return r >= '가' && r <= '힣' }

// prototypes replaces each character by its prototype and removes invisible characters.
func prototypes(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch p := prototype(r); {
		case ignorable(r):
		case r == 'ㆍ', r == 'ᆞ':
			b.WriteRune('·') // an old vowel that is used as a dot; it is not in the table
		case p != "":
			b.WriteString(p)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// prototype returns the text that r looks like, or "" for a character that is not in the
// table.
func prototype(r rune) string {
	for low, high := 0, len(table); low < high; {
		start := low + 1 + strings.LastIndexByte(table[low:(low+high)/2], '\n')
		end := start + strings.IndexByte(table[start:], '\n')
		source, n := utf8.DecodeRuneInString(table[start:])
		switch {
		case source == r:
			return table[start+n : end]
		case source < r:
			low = end + 1
		default:
			high = start
		}
	}
	return ""
}

// ignorable reports whether r has the property Default_Ignorable_Code_Point, as far as
// package unicode has its parts.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// withoutDots removes a combining dot above an i or a j, which is invisible because the
// letter has a dot. The standard does not do this, because it maps single characters.
func withoutDots(text string) string {
	const dotAbove = "\u0307"
	if !strings.Contains(text, dotAbove) {
		return text
	}
	return strings.NewReplacer("i"+dotAbove, "i", "j"+dotAbove, "j").Replace(text)
}
