package rooms

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"gifchat/rooms/lookalike"
)

// reservedWords are names of the chat itself and of people in charge of it.
var reservedWords = []string{
	"system", "server", "admin", "administrator", "moderator", "owner",
	"시스템", "서버", "관리자", "방장", "운영자", "운영진", "공지", "공지사항",
}

// honorifics follow a name or a title in Korean.
var honorifics = []string{"님", "씨", "쌤", "샘", "군", "양", "선생"}

// reservedKeys are the keys of reservedWords in lower and upper case, because a capital
// letter can look like other letters than its small form.
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

// looksReserved reports whether a name looks like one or more reserved words. It ignores
// punctuation, symbols, accents and honorifics at the end, so that 방장님 and -관리자- are
// refused. Only this check ignores honorifics: 달님 and 손님 are ordinary names.
func looksReserved(nick string) bool {
	upper := strings.ToUpper(nick) // the small letter м looks like a small capital M
	for _, text := range []string{
		nick, lookalike.Bare(nick), lookalike.Bare(lookalike.Skeleton(nick)), lookalike.Bare(lookalike.Skeleton(upper)),
	} {
		if slices.ContainsFunc(NickKeys(withoutHonorifics(text)), madeOfReserved) {
			return true
		}
	}
	return false
}

// withoutHonorifics removes honorifics from the end of a name, but not the whole name.
func withoutHonorifics(name string) string {
	for {
		i := slices.IndexFunc(honorifics, func(h string) bool { return len(h) < len(name) && strings.HasSuffix(name, h) })
		if i < 0 {
			return name
		}
		name = strings.TrimSpace(strings.TrimSuffix(name, honorifics[i]))
	}
}

// madeOfReserved reports whether a key consists of the keys of reserved words, such as
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
	// colorDigits are the hex digits in a skeleton, where l stands for 1 and O for 0.
	colorDigits = "23456789abcdefABCDEFlO"
	colorLength = len("rrggbb")
)

// looksLikeColor reports whether a name contains text that looks like a colour, which
// names a person without a nickname, or begins with a number sign.
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
