package rooms

import (
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The limits of a message and of a page of them.
const (
	maxText     = 2000 // characters
	maxClientID = 64   // characters; a UUID has 36
	maxAlt      = 200  // characters
	defaultPage = 50
	maxPage     = 200
)

// Kind tells what a message is.
type Kind string

// The kinds of message.
const (
	KindText   Kind = "text"
	KindGIF    Kind = "gif"
	KindNotice Kind = "notice" // "… entered", "… left": said by nobody

	// KindEdit and KindRemove change an earlier message, their Target, and
	// have a seq of their own: who keeps the messages has to hear of them. What
	// was removed stays in its place as KindRemoved, with nothing in it.
	KindEdit    Kind = "edit"
	KindRemove  Kind = "remove"
	KindRemoved Kind = "removed"

	// KindDamaged stands where the store has something that is not as it was
	// written: what it said is not known. Only the owner can do anything with
	// it, which is to remove it.
	KindDamaged Kind = "damaged"
)

// GIF describes an uploaded image. The bytes are in a GIFStore.
type GIF struct {
	Name          string // the stored name: 24 hex digits and ".gif"
	Width, Height int
	Frames        int
	Duration      time.Duration // of one round, to the millisecond
	Poster        int64         // bytes of the file up to the end of its first image; 0 when that is the only one
	Bytes         int64
	SHA256        string // of the stored file, in hex; empty for those from before it was kept
	Alt           string // what it shows, up to 200 characters: from the uploaded file's name, or edited
}

const gifSuffix = ".gif"

// newGIFName returns a name that nobody can guess.
func newGIFName() string { return string(newID()) + gifSuffix }

func validGIFName(name string) bool {
	id, found := strings.CutSuffix(name, gifSuffix)
	return found && ID(id).valid()
}

// Message is what was said in a room.
type Message struct {
	ID        ID
	Room      ID
	Seq       int64 // grows by one within the room, from 1
	Kind      Kind
	User      Color // empty for a notice
	Nick      string
	Session   Session
	Text      string // for an edit the new text, or the new alt text of a GIF
	GIF       *GIF
	ClientID  string // the sender's own name for it, may be empty
	CreatedAt time.Time

	Target int64 // of an edit or a removal: the seq of what it changes
	Edited int64 // the seq of the latest edit, 0 if there was none
	Said   int64 // the Fingerprint of what was first said, if the store has it no more
	Topic  Topic // of a notice
	Person Color // whom a notice is about; Nick is that person's

	// Authority is an input of the store: the Room.Authority under which the message was
	// allowed. The store refuses the message with ErrOutdated if the room has another
	// version. Zero allows any. It is not stored.
	Authority int64
}

// Draft is a message to be posted: a text or a GIF, not both.
type Draft struct {
	Text     string
	GIF      *GIF   // from AddGIF
	ClientID string // optional, at most 64 characters; a retry with the same one gets the first answer, another draft is refused
}

// check says what is wrong with d. Whatever it lets through, every store can
// keep: PostgreSQL refuses U+0000 and invalid UTF-8, which SQLite would take.
func (d Draft) check() error {
	if err := checkClientID(d.ClientID); err != nil {
		return err
	}
	switch {
	case d.GIF != nil && d.Text != "":
		return &InvalidError{Field: "text", Reason: "not_with_a_gif"}
	case d.GIF != nil && !validGIFName(d.GIF.Name):
		return &InvalidError{Field: "gif", Reason: "bad_name"}
	case d.GIF != nil:
		return nil
	}
	return checkText(d.Text)
}

func checkClientID(id string) error {
	switch {
	case !storable(id):
		return &InvalidError{Field: "clientId", Reason: "bad_character"}
	case utf8.RuneCountInString(id) > maxClientID:
		return &InvalidError{Field: "clientId", Reason: "too_long"}
	}
	return nil
}

// errUsed refuses a client id under which the visitor has done something else:
// the first answer would be one to another question.
var errUsed = &InvalidError{Field: "clientId", Reason: "used"}

func checkText(text string) error {
	switch {
	case !storable(text):
		return &InvalidError{Field: "text", Reason: "bad_character"}
	case !strings.ContainsFunc(text, visible):
		return &InvalidError{Field: "text", Reason: "empty"}
	case utf8.RuneCountInString(text) > maxText:
		return &InvalidError{Field: "text", Reason: "too_long"}
	}
	return nil
}

// message returns the message that stores a draft.
func (d Draft) message(by access) Message {
	m := by.member
	msg := Message{
		ID: newMessageID(), Room: m.Room, Kind: KindText, CreatedAt: now(),
		User: m.Color, Nick: m.Nick, Session: m.Session, Text: d.Text, ClientID: d.ClientID,
		Authority: by.room.Authority,
	}
	if d.GIF != nil {
		gif := *d.GIF
		gif.Alt = cleanAlt(gif.Alt)
		msg.Kind, msg.GIF = KindGIF, &gif
	}
	return msg
}

func storable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// altOf makes a picture's description of the name of an uploaded file.
func altOf(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" {
		return ""
	}
	if ext := path.Ext(name); strings.EqualFold(ext, gifSuffix) {
		name = strings.TrimSuffix(name, ext)
	}
	return cleanAlt(name)
}

// cleanAlt leaves of a picture's description what can be seen, up to maxAlt
// characters.
func cleanAlt(alt string) string {
	alt = strings.Map(func(r rune) rune {
		if unseen(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, alt)
	if runes := []rune(alt); len(runes) > maxAlt {
		alt = string(runes[:maxAlt])
	}
	return strings.TrimSpace(alt)
}

// unseen tells whether nobody can see a character, only what it does to those
// around it: controls, those of direction and joining among them, separators
// of lines, and letters without a shape.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) ||
		r == '\u034f' || r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0'
}

// visible tells whether a character makes a text one that says something. Those
// that Unicode has added since this program was built do.
func visible(r rune) bool { return !unicode.IsSpace(r) && !unseen(r) && !ignorable(r) }

// Page asks for a part of a room's history, oldest first in the answer.
type Page struct {
	Before int64 // only messages with a smaller seq; 0 for the newest
	After  int64 // only messages with a larger seq; wins over Before when both are given; negative for the first ones
	Limit  int   // at most 200; 0 means 50
}

// clamp returns p with a limit that may be asked of a Store.
func (p Page) clamp() Page {
	if p.Limit <= 0 {
		p.Limit = defaultPage
	}
	p.Limit = min(p.Limit, maxPage)
	p.Before = max(p.Before, 0)
	return p
}
