package rooms

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

const (
	maxNick = 20 // characters

	// maxMarks is how many combining marks may follow a letter: Vietnamese and
	// Thai need two, a tower that covers other people's lines needs more.
	maxMarks = 2
)

// reserved names would pass for the house's own.
var reserved = []string{"system", "시스템", "server", "서버", "admin", "administrator", "관리자", "owner", "방장", "운영자", "공지"}

// Rename implements Chat.
func (s *Service) Rename(ctx context.Context, v Visitor, id ID, nick string) (Member, error) {
	nick, key, err := checkNick(nick)
	if err != nil {
		return Member{}, err
	}
	var renamed Member
	err = s.decide(ctx, v, id, toSpeak, func(_ context.Context, _ *place, st standing) (decision, error) {
		renamed = st.member
		if renamed.Nick == nick {
			return decision{}, nil
		}
		renamed.Nick, renamed.NickKey = nick, key
		return decision{Change: Change{Member: &renamed, Notice: noticeAbout(TopicNamed, renamed)}}, nil
	})
	if err != nil {
		return Member{}, err
	}
	return renamed, nil
}

// checkNick returns a nickname as it is kept, and its key: names that look the
// same have the same one. An empty name is none.
func checkNick(nick string) (kept, key string, err error) {
	if !utf8.ValidString(nick) {
		return "", "", &InvalidError{Field: "nick", Reason: "bad_character"}
	}
	// Behind an emoji this asks for its colours; elsewhere nobody sees it.
	nick = strings.ReplaceAll(nick, "\ufe0f", "")
	nick = strings.Join(strings.Fields(norm.NFC.String(nick)), " ")
	if nick == "" {
		return "", "", nil
	}
	if utf8.RuneCountInString(nick) > maxNick {
		return "", "", &InvalidError{Field: "nick", Reason: "too_long"}
	}
	if !showable(nick) {
		return "", "", &InvalidError{Field: "nick", Reason: "bad_character"}
	}
	key = nickKey(nick)
	if key == "" || strings.HasPrefix(key, "#") { // it would pass for a colour
		return "", "", &InvalidError{Field: "nick", Reason: "bad_character"}
	}
	if slices.ContainsFunc(reserved, func(name string) bool { return nickKey(name) == key }) {
		return "", "", &InvalidError{Field: "nick", Reason: "reserved"}
	}
	return nick, key, nil
}

// showable tells whether a name consists of what can be seen, and stays within
// its line: no controls, no invisible or turning characters, no towers of marks.
func showable(nick string) bool {
	marks, seen := 0, false
	for _, r := range nick {
		if invisible(r) {
			return false
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks || !seen {
				return false
			}
			continue
		}
		marks = 0
		seen = seen || r != ' '
	}
	return seen
}

// invisible tells whether a character shows nothing of its own.
func invisible(r rune) bool {
	return ignorable(r) || !unicode.IsPrint(r) // knows no space but U+0020, and no format characters
}

// ignorable tells whether a character counts as a letter or sign, and is blank.
func ignorable(r rune) bool {
	const brailleBlank = '\u2800'
	return r == brailleBlank || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// nickKey is the skeleton of https://www.unicode.org/reports/tr39/#Confusable_Detection,
// of a name whose case, width and spaces do not matter.
func nickKey(nick string) string {
	fold := cases.Fold()
	skeleton := confusables.Skeleton(fold.String(norm.NFKC.String(nick)))
	// The skeleton of a digit may be a capital letter.
	skeleton = confusables.Skeleton(fold.String(skeleton))
	// A capital I looks like a small L, but has been folded to a small I.
	skeleton = strings.ReplaceAll(skeleton, "i", "l")
	return strings.Join(strings.Fields(norm.NFC.String(skeleton)), "")
}
