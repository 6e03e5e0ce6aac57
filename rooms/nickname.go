package rooms

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"gifchat/rooms/lookalike"

	"golang.org/x/text/unicode/norm"
)

const (
	maxNick = 20 // characters

	// maxMarks is the number of combining marks that may follow a letter. Vietnamese and
	// Thai need two; a tower of marks that covers other lines needs more.
	maxMarks = 2
)

// NickKeys returns the keys of a nickname. Two nicknames with a common key look the same
// to people, so a room does not accept both.
func NickKeys(nick string) []string { return lookalike.Keys(nick) }

// Rename implements Chat.
func (s *Service) Rename(ctx context.Context, v Visitor, id ID, nick string) (Member, error) {
	nick, err := cleanNick(nick)
	if err != nil {
		return Member{}, err
	}
	var renamed Member
	err = s.changeRoom(ctx, v, id, actSpeak, func(_ context.Context, _ *liveRoom, a access) (decision, error) {
		renamed = a.member
		if renamed.Nick == nick { // also if checkNick would refuse it today
			return decision{}, nil
		}
		if err := checkNick(nick); err != nil {
			return decision{}, err
		}
		renamed.Nick = nick
		return decision{Change: Change{Member: &renamed, Notice: s.noticeAbout(TopicNamed, renamed)}}, nil
	})
	if err != nil {
		return Member{}, err
	}
	return renamed, nil
}

// cleanNick returns a nickname in its stored form, or "" to remove it. It refuses a name
// that cannot be shown in a line.
func cleanNick(nick string) (string, error) {
	if !utf8.ValidString(nick) {
		return "", &InvalidError{Field: "nick", Reason: "bad_character"}
	}
	// The variation selector asks for the coloured form of an emoji and is invisible.
	nick = strings.ReplaceAll(nick, "\ufe0f", "")
	nick = strings.Join(strings.Fields(norm.NFC.String(nick)), " ")
	switch {
	case nick == "":
		return "", nil
	case utf8.RuneCountInString(nick) > maxNick:
		return "", &InvalidError{Field: "nick", Reason: "too_long"}
	case !showable(nick), len(NickKeys(nick)) == 0:
		return "", &InvalidError{Field: "nick", Reason: "bad_character"}
	}
	return nick, nil
}

// checkNick refuses a clean nickname that looks like a name of the chat itself or like
// the colour of a person without a nickname.
func checkNick(nick string) error {
	switch {
	case looksLikeColor(nick):
		return &InvalidError{Field: "nick", Reason: "color"}
	case looksReserved(nick):
		return &InvalidError{Field: "nick", Reason: "reserved"}
	}
	return nil
}

// showable reports whether all of a name is visible and stays within its line. It
// refuses controls, invisible characters, changes of text direction and towers of marks.
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

// invisible reports whether a character has no shape of its own.
func invisible(r rune) bool {
	return ignorable(r) || !unicode.IsPrint(r) // IsPrint is false for format characters and all spaces except U+0020
}

// ignorable reports whether a character is blank although Unicode calls it a letter or
// a symbol.
func ignorable(r rune) bool {
	const brailleBlank = '\u2800'
	return r == brailleBlank || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
