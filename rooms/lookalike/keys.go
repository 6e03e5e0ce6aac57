package lookalike

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Each kind of key is compared with its own kind only, and begins with its mark.
// Across kinds, Ian (which looks like lan) would collide with Lan (which folds to
// lan), and nobody would take one for the other.
const (
	foldedKind = "f:"
	seenKind   = "s:"

	KindLength = len(foldedKind) // of the mark, in bytes
)

// Keys returns the keys of a name, sorted: two names that share one look the same,
// or differ only in case, width or spaces. A name without anything to see has none.
//
//   - The folded key is the skeleton of the name without case: Bob and BOB share
//     it, and вов and ВОВ.
//   - The seen keys are the skeleton of the name as it is written, without case
//     only after that: capitals of other scripts look like Latin ones where their
//     small letters do not. BOB, Bob and Cyrillic ВОВ share them.
//
// The keys are stored. When what this returns changes, for example with a newer
// table, the stored ones must be computed again.
func Keys(name string) []string {
	name = normal(name)
	plain := compatible(name)
	var keys []string
	add := func(kind, key string) {
		if key = spaceless(key); key != "" && !slices.Contains(keys, kind+key) {
			keys = append(keys, kind+key)
		}
	}
	for _, text := range []string{name, plain} { // ſ is seen as f, and stands for s
		add(seenKind, seen(unordered(text)))
	}
	add(foldedKind, skeleton(unordered(fold(plain))))
	slices.Sort(keys)
	return keys
}

// Skeleton returns what a name looks like, with its case and without spaces, and
// characters of other widths and styles as plain ones.
func Skeleton(name string) string { return spaceless(skeleton(compatible(normal(name)))) }

// normal returns a name in NFC, and as valid UTF-8.
func normal(name string) string { return norm.NFC.String(strings.ToValidUTF8(name, "\ufffd")) }

// seen is the skeleton of a text, whose case is folded after what looks the same
// is one character.
func seen(text string) string {
	// The prototype of I, 1 and | is a small l. Folded, L would be the same.
	const stroke = "\ue000"
	text = strings.ReplaceAll(skeleton(text), "l", stroke)
	return skeleton(fold(text)) // a folded letter has a prototype of its own
}

// fold removes differences in case.
func fold(text string) string { return cases.Fold().String(text) }

// compatible replaces characters that stand for others in another width or style:
// full-width and mathematical letters, ligatures, letters in circles and squares.
// Single jamo stay single, whatever block they are from: ㅎㅏ is not 하.
func compatible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if syllable(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(norm.NFKD.String(string(unboxed(r))))
	}
	return b.String()
}

// smallCapitals are the Latin letters that are written as small capitals, in the
// order of capitals, with a space for those that Unicode has not.
var smallCapitals = []rune("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡ ʏᴢ")

// unboxed returns the capital for a letter in a black circle, a black square or a
// flag, and for a small capital, which have no decomposition in Unicode.
func unboxed(r rune) rune {
	if i := slices.Index(smallCapitals, r); i >= 0 && r != ' ' {
		return rune("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i])
	}
	for _, first := range []rune{'\U0001F150', '\U0001F170', '\U0001F1E6'} {
		if r >= first && r < first+26 {
			return 'A' + r - first
		}
	}
	return r
}

// spaceless removes spaces, of which a name may have any number.
func spaceless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// Bare returns the letters and digits of a name, without their accents, and as
// plain ones. Letters that stand for lines and dots are left out too: ー관리자ー.
func Bare(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) || strings.ContainsRune("ー一ㅡᅳㅣᅵ丨丶ㆍᆞ", r) {
			return -1
		}
		return r
	}, compatible(normal(name)))
}
