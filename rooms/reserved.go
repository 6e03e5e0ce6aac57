package rooms

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"gifchat/rooms/lookalike"
)

// reservedWords are what the chat calls itself and those in charge of it.
var reservedWords = []string{
	"system", "server", "admin", "administrator", "moderator", "owner",
	"시스템", "서버", "관리자", "방장", "운영자", "운영진", "공지", "공지사항",
}

// honorifics follow a name or a title when people are addressed.
var honorifics = []string{"님", "씨", "쌤", "샘", "군", "양", "선생"}

// reservedKeys are the keys of reservedWords in each case: capitals look like
// other letters than small ones.
var reservedKeys = sync.OnceValue(func() []string {
	var keys []string
	for _, word := range reservedWords {
		for _, form := range []string{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:]} {
			keys = append(keys, NickKeys(form)...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
})

// looksReserved reports whether a name looks like one or more reserved words.
// Punctuation, symbols, accents and an honorific at its end are left out, since
// they make no other person of 방장님 or -관리자-. Only here: 달님 and 손님 are names.
func looksReserved(nick string) bool {
	upper := strings.ToUpper(nick) // small м looks like a small capital M
	for _, text := range []string{
		nick, lookalike.Bare(nick), lookalike.Bare(lookalike.Skeleton(nick)), lookalike.Bare(lookalike.Skeleton(upper)),
	} {
		if slices.ContainsFunc(NickKeys(withoutHonorifics(text)), madeOfReserved) {
			return true
		}
	}
	return false
}

// withoutHonorifics cuts honorifics off a name's end, as long as some of it stays.
func withoutHonorifics(name string) string {
	for {
		i := slices.IndexFunc(honorifics, func(h string) bool { return len(h) < len(name) && strings.HasSuffix(name, h) })
		if i < 0 {
			return name
		}
		name = strings.TrimSpace(strings.TrimSuffix(name, honorifics[i]))
	}
}

// madeOfReserved reports whether a key is that of reserved words in a row, such as
// 시스템관리자.
func madeOfReserved(key string) bool {
	kind, rest := key[:lookalike.KindLength], key[lookalike.KindLength:]
	return slices.ContainsFunc(reservedKeys(), func(reserved string) bool {
		word, same := strings.CutPrefix(reserved, kind)
		left, begins := strings.CutPrefix(rest, word)
		return same && begins && (left == "" || madeOfReserved(kind+left))
	})
}

// numberSigns lists the characters that look like #. Unicode's table lacks all of them.
const numberSigns = "#♯⌗⋕⧣⧤⨳⨩ⵌ井丼𝄪"

const (
	// colorDigits are the digits of a colour in a skeleton, in which 1 is l and 0 is O.
	colorDigits = "23456789abcdefABCDEFlO"
	colorLength = len("rrggbb")
)

// looksLikeColor reports whether a name looks like the colour that stands for a
// person without a name, whatever is around it, or begins with its number sign.
func looksLikeColor(nick string) bool {
	text := []rune(strings.Map(unmarked, lookalike.Skeleton(nick)))
	for i, r := range text {
		if !strings.ContainsRune(numberSigns, r) {
			continue
		}
		digits := text[i+1 : min(len(text), i+1+colorLength)]
		if len(digits) == colorLength && !slices.ContainsFunc(digits, func(r rune) bool { return !strings.ContainsRune(colorDigits, r) }) {
			return true
		}
	}
	return len(text) > 0 && text[0] == '#'
}

// unmarked drops combining marks, for strings.Map.
func unmarked(r rune) rune {
	if unicode.Is(unicode.M, r) {
		return -1
	}
	return r
}
