package lookalike

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The kinds of keys. A key begins with the mark of its kind, because keys of different
// kinds must not be compared: Ian, which looks like lan, would collide with Lan, which
// folds to lan, although the two names look different.
const (
	foldedKind = "f:"
	seenKind   = "s:"

	KindLength = len(foldedKind) // of the mark, in bytes
)

// Keys returns the keys of a name, sorted. Two names with a common key look the same, or
// differ only in case, width or spaces. A name without visible characters has no keys.
//
//   - The folded key is the skeleton of the name without case: Bob and BOB share
//     it, and вов and ВОВ.
//   - The seen keys are the skeleton of the name as it is written, with its case folded
//     afterwards: capitals of other scripts can look like Latin capitals although their
//     small letters differ. BOB, Bob and Cyrillic ВОВ share them.
//
// The keys are stored. If this function changes, for example with a newer table, the
// stored keys must be computed again.
func Keys(name string) []string {
	name = normal(name)
	plain := compatible(name)
	var keys []string
	add := func(kind, key string) {
		if key = spaceless(key); key != "" && !slices.Contains(keys, kind+key) {
			keys = append(keys, kind+key)
		}
	}
	for _, text := range []string{name, plain} { // ſ looks like f and stands for s
		add(seenKind, seen(unordered(text)))
	}
	add(foldedKind, skeleton(unordered(fold(plain))))
	slices.Sort(keys)
	return keys
}

// Skeleton returns the skeleton of a name: its case is kept, spaces are removed, and
// characters of other widths and styles are plain.
func Skeleton(name string) string { return spaceless(skeleton(compatible(normal(name)))) }

// normal returns a name in NFC and valid UTF-8.
func normal(name string) string { return norm.NFC.String(strings.ToValidUTF8(name, "\ufffd")) }

// seen returns the skeleton of a text with its case folded afterwards.
func seen(text string) string {
	// The prototype of I, 1 and | is a small l. Folded, L would be the same.
	const stroke = "\ue000"
	text = strings.ReplaceAll(skeleton(text), "l", stroke)
	return skeleton(fold(text)) // a folded letter has a prototype of its own
}

// fold removes differences in case.
func fold(text string) string { return cases.Fold().String(text) }

// compatible replaces characters of another width or style by plain ones: full-width and
// mathematical letters, ligatures, letters in circles and squares. It does not compose
// single jamo, whatever block they are from: ㅎㅏ is not 하.
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

// smallCapitals are the small capitals A to Z, with a space for the letters that Unicode
// does not have.
var smallCapitals = []rune("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡ ʏᴢ")

// unboxed returns the capital of a letter in a black circle, a black square or a flag,
// and of a small capital. These have no decomposition in Unicode.
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

// spaceless removes all spaces.
func spaceless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// Bare returns the letters and digits of a name, plain and without accents. It leaves out
// letters that are used as lines and dots, as in ー관리자ー.
func Bare(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) || strings.ContainsRune("ー一ㅡᅳㅣᅵ丨丶ㆍᆞ", r) {
			return -1
		}
		return r
	}, compatible(normal(name)))
}
