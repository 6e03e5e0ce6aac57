package rooms

import (
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The limits of a message and of a page of messages.
const (
	maxText     = 2000 // characters
	maxClientID = 64   // characters; a UUID has 36
	maxAlt      = 200  // characters
	defaultPage = 50
	maxPage     = 200
)

// Kind is the kind of a message.
type Kind string

// The kinds of message.
const (
	KindText   Kind = "text"
	KindGIF    Kind = "gif"
	KindNotice Kind = "notice" // "… entered", "… left": has no sender

	// KindEdit and KindRemove change an earlier message, their Target. They have a seq of
	// their own, so that clients that store messages receive them. The removed message
	// stays under its seq as KindRemoved, without content.
	KindEdit    Kind = "edit"
	KindRemove  Kind = "remove"
	KindRemoved Kind = "removed"

	// KindDamaged is a message whose stored row differs from what was written, so its
	// content is unknown. Only the owner can remove it.
	KindDamaged Kind = "damaged"
)

// GIF describes an uploaded image. The bytes are in a GIFStore.
type GIF struct {
	Name          string // of the stored file: 24 hex digits and ".gif"
	Width, Height int
	Frames        int
	Duration      time.Duration // of one loop, to the millisecond
	Poster        int64         // bytes of the file up to the end of its first image; 0 if it has no other image
	Bytes         int64
	SHA256        string // of the stored file, in hex; "" if it was uploaded before hashes were stored
	Alt           string // the description, up to 200 characters: from the uploaded file's name, or edited
}

const gifSuffix = ".gif"

// newGIFName returns a random name that cannot be guessed.
func newGIFName() string { return string(newID()) + gifSuffix }

func validGIFName(name string) bool {
	id, found := strings.CutSuffix(name, gifSuffix)
	return found && ID(id).valid()
}

// Message is a message of a room.
type Message struct {
	ID        ID
	Room      ID
	Seq       int64 // grows by one within the room, from 1
	Kind      Kind
	User      Color // empty for a notice
	Nick      string
	Session   Session
	Text      string // of an edit: the new text, or the new alt text of a GIF
	GIF       *GIF
	ClientID  string // chosen by the sender; optional
	CreatedAt time.Time

	Target int64  // of an edit or a removal: the seq of what it changes
	Edited int64  // the seq of the latest edit or removal; 0 without one
	Said   int64  // the Fingerprint of the original content, once it was replaced or erased
	Topic  Topic  // of a notice
	Person Color  // the person of a notice; Nick and Face are that person's
	Face   Face   // the sender's when the message was sent
	Reply  int64  // the seq of the message that this one answers; 0 without one
	Detail string // of a notice: a further fact, which is the former nickname for TopicNamed

	// Authority is an input of the store: the Room.Authority under which the message was
	// allowed. The store refuses the message with ErrOutdated if the room has another
	// version. Zero allows any. It is not stored.
	Authority int64
}

// Draft is a message to be posted: a text or a GIF, not both.
type Draft struct {
	Text     string
	GIF      *GIF   // from AddGIF
	Reply    int64  // the seq of the message that this one answers; optional
	ClientID string // optional, at most 64 characters; a retry gets the first answer, other content under the same id is refused
}

// check returns an InvalidError if d cannot be posted. Every store can keep what it
// admits: PostgreSQL refuses U+0000 and invalid UTF-8, which SQLite accepts.
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

// errUsed refuses a client id that the visitor has used for other content or another
// method, whose answer would be wrong here.
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
		User: m.Color, Nick: m.Nick, Face: m.Face, Session: m.Session, Text: d.Text, ClientID: d.ClientID, Reply: d.Reply,
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

// altOf returns the description of a GIF whose uploaded file has a name.
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

// cleanAlt removes invisible characters from a description and cuts it to maxAlt
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

// unseen reports whether a character is invisible: controls (including those of text
// direction and joining), line separators, and blank letters.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) ||
		r == '\u034f' || r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0'
}

// visible reports whether a text with this character is not empty. Characters that
// Unicode has added since this program was built are visible.
func visible(r rune) bool { return !unicode.IsSpace(r) && !unseen(r) && !ignorable(r) }

// Page selects a part of a room's history, which is returned oldest first.
type Page struct {
	Before int64 // only messages with a smaller seq; 0 for the newest messages
	After  int64 // only messages with a larger seq; overrides Before; a negative value for the first messages
	Limit  int   // at most 200; 0 means 50
}

// clamp returns p with a limit that a Store accepts.
func (p Page) clamp() Page {
	if p.Limit <= 0 {
		p.Limit = defaultPage
	}
	p.Limit = min(p.Limit, maxPage)
	p.Before = max(p.Before, 0)
	return p
}
