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

	// maxMarks is how many combining marks may follow a letter: Vietnamese and
	// Thai need two, a tower that covers other people's lines needs more.
	maxMarks = 2
)

// NickKeys returns what a name must not share with another name in the room: two
// names with a common key look the same to people.
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
		if renamed.Nick == nick { // also a name that would not be given to anybody today
			return decision{}, nil
		}
		if err := checkNick(nick); err != nil {
			return decision{}, err
		}
		renamed.Nick = nick
		return decision{Change: Change{Member: &renamed, Notice: noticeAbout(TopicNamed, renamed)}}, nil
	})
	if err != nil {
		return Member{}, err
	}
	return renamed, nil
}

// cleanNick returns a name as it is stored: "" removes it. It refuses what cannot
// be shown in a line.
func cleanNick(nick string) (string, error) {
	if !utf8.ValidString(nick) {
		return "", &InvalidError{Field: "nick", Reason: "bad_character"}
	}
	// Behind an emoji this asks for its colours; elsewhere nobody sees it.
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

// checkNick refuses a clean name that people would take for the chat's own, or for
// a person without a name.
func checkNick(nick string) error {
	switch {
	case looksLikeColor(nick):
		return &InvalidError{Field: "nick", Reason: "color"}
	case looksReserved(nick):
		return &InvalidError{Field: "nick", Reason: "reserved"}
	}
	return nil
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
