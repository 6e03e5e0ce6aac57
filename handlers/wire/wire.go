// Package wire has the JSON that clients receive, over HTTP and over Socket.IO:
// docs/events.md. Keys up to __v are in the order of the original server's
// documents, as recordings of its clients show; later keys are additions.
package wire

import (
	"regexp"
	"time"

	"gifchat/rooms"
)

// SystemUser is the user of notices.
const SystemUser = "system"

// Time formats a time as JavaScript's Date does: always with three digits of
// milliseconds and Z.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

var roomID = regexp.MustCompile(`^[0-9a-f]{24}$`)

// IsRoomID reports whether a text has the form of a room's id.
func IsRoomID(text string) bool { return roomID.MatchString(text) }

// Room is the payload of newRoom and changeRoom. Password is "*" or "": pages only
// need to know whether the room has one.
type Room struct {
	Title     string      `json:"title"`
	Max       int         `json:"max"`
	Owner     rooms.Color `json:"owner"`
	Password  string      `json:"password"`
	ID        rooms.ID    `json:"_id"`
	CreatedAt string      `json:"createdAt"`
	Version   int         `json:"__v"`
	Closed    bool        `json:"closed,omitempty"` // new visitors are refused
}

// RoomOf returns the payload of a room.
func RoomOf(r rooms.Room) Room {
	w := Room{Title: r.Title, Max: r.Capacity, Owner: r.Owner, ID: r.ID, CreatedAt: Time(r.CreatedAt), Closed: r.Closed}
	if r.Private() {
		w.Password = "*"
	}
	return w
}

// Message is the payload of chat, edit, remove and notice. Chat and GIF are absent
// when unused.
type Message struct {
	Room      rooms.ID    `json:"room"`
	User      rooms.Color `json:"user"`
	Chat      string      `json:"chat,omitempty"`
	GIF       string      `json:"gif,omitempty"`
	ID        rooms.ID    `json:"_id"`
	CreatedAt string      `json:"createdAt"`
	Version   int         `json:"__v"`

	ClientID string     `json:"clientId,omitempty"`
	Seq      int64      `json:"seq"`
	Kind     rooms.Kind `json:"kind"`
	Width    int        `json:"w,omitempty"`
	Height   int        `json:"h,omitempty"`
	Alt      string     `json:"alt,omitempty"`
	Frames   int        `json:"frames,omitempty"`
	Duration int64      `json:"duration,omitempty"` // milliseconds of one loop
	Poster   string     `json:"poster,omitempty"`   // path below /gif/, as GIF

	Nick   string      `json:"nick,omitempty"`
	Edited int64       `json:"edited,omitempty"` // the seq of the latest edit
	Target int64       `json:"target,omitempty"` // the seq that an edit or a removal changes
	Topic  rooms.Topic `json:"topic,omitempty"`  // of a notice
	Person rooms.Color `json:"person,omitempty"` // the person a notice is about

	Face   rooms.Face `json:"face,omitempty"`   // of the sender, or of the person a notice is about
	Reply  int64      `json:"reply,omitempty"`  // the seq of the message that this one answers
	Former string     `json:"former,omitempty"` // of a notice of the topic named: the former nickname
}

// MessageOf returns the payload of a message.
func MessageOf(m rooms.Message) Message {
	w := Message{
		Room: m.Room, User: m.User, Chat: m.Text, ID: m.ID, CreatedAt: Time(m.CreatedAt),
		ClientID: m.ClientID, Seq: m.Seq, Kind: m.Kind,
		Nick: m.Nick, Edited: m.Edited, Target: m.Target, Topic: m.Topic, Person: m.Person,
		Face: m.Face, Reply: m.Reply,
	}
	if m.Topic == rooms.TopicNamed {
		w.Former = m.Detail
	}
	if m.Kind == rooms.KindNotice || m.Kind == rooms.KindDamaged {
		w.User = SystemUser
	}
	if m.GIF != nil {
		w.GIF, w.Width, w.Height, w.Alt = m.GIF.Name, m.GIF.Width, m.GIF.Height, m.GIF.Alt
		w.Frames, w.Duration, w.Poster = m.GIF.Frames, m.GIF.Duration.Milliseconds(), posterPath(m.GIF)
	}
	return w
}

// posterPath returns the path of a GIF's first frame below /gif/, or "" for a GIF
// with one frame.
func posterPath(g *rooms.GIF) string {
	if g.Poster == 0 {
		return ""
	}
	return g.Name + "/poster"
}

// Messages returns the payloads of messages.
func Messages(messages []rooms.Message) []Message {
	wire := make([]Message, len(messages))
	for i, m := range messages {
		wire[i] = MessageOf(m)
	}
	return wire
}

// History is a page of a room's history, oldest first.
type History struct {
	Messages []Message `json:"messages"`
	More     bool      `json:"more"`
}

// JoinExit is the payload of join and exit.
type JoinExit struct {
	User         string      `json:"user"`
	Chat         string      `json:"chat"`
	Participants int         `json:"participants"`
	Person       rooms.Color `json:"person"`
	Nick         string      `json:"nick,omitempty"`
	Face         rooms.Face  `json:"face,omitempty"`
	Room         rooms.ID    `json:"room"`
	ID           rooms.ID    `json:"_id"`
	CreatedAt    string      `json:"createdAt"`
	Seq          int64       `json:"seq,omitempty"` // absent if the notice is not stored
}

// Participants is the payload of participants. People has the colours of Members.
type Participants struct {
	Room    rooms.ID      `json:"room"`
	Count   int           `json:"count"`
	People  []rooms.Color `json:"people"`
	Members []Member      `json:"members"`
}

// Member is a person in a room.
type Member struct {
	Color rooms.Color `json:"color"`
	Nick  string      `json:"nick,omitempty"`
	Face  rooms.Face  `json:"face,omitempty"`
	Muted bool        `json:"muted,omitempty"`
	// MutedFor is in milliseconds, and absent if only the owner can end the mute. A
	// duration is right for clients with a wrong clock too.
	MutedFor int64 `json:"mutedFor,omitempty"`
	Bot      bool  `json:"bot,omitempty"`
	// AddressFor is how many milliseconds newcomers from a banned person's address
	// are refused.
	AddressFor int64 `json:"addressFor,omitempty"`
}

// Members returns the payloads of members.
func Members(people []rooms.Member) []Member {
	members := make([]Member, len(people))
	now := time.Now()
	for i, m := range people {
		members[i] = Member{Color: m.Color, Nick: m.Nick, Face: m.Face, Muted: m.Muted(now), Bot: m.Bot}
		if left := m.MutedUntil.Sub(now); members[i].Muted && left <= rooms.MaxMute {
			members[i].MutedFor = max(left.Milliseconds(), 1)
		}
		members[i].AddressFor = max(m.AddressUntil.Sub(now).Milliseconds(), 0)
	}
	return members
}

// RoomState is the payload of room: the room's settings.
type RoomState struct {
	Room    rooms.ID    `json:"room"`
	Title   string      `json:"title"`
	Max     int         `json:"max"`
	Owner   rooms.Color `json:"owner"`
	Private bool        `json:"private"`
	Frozen  bool        `json:"frozen"`
	Keep    bool        `json:"keep"`
	Closed  bool        `json:"closed"` // new visitors are refused
}

// RoomStateOf returns the payload of a room's settings.
func RoomStateOf(r rooms.Room) RoomState {
	return RoomState{
		Room: r.ID, Title: r.Title, Max: r.Capacity, Owner: r.Owner,
		Private: r.Private(), Frozen: r.Frozen, Keep: r.Keep, Closed: r.Closed,
	}
}

// Kicked is the payload of kicked.
type Kicked struct {
	Room   rooms.ID    `json:"room"`
	Reason rooms.Topic `json:"reason"` // kicked or banned
}

// Quit is the payload of quit, to all sockets of the person who quit.
type Quit struct {
	Room rooms.ID `json:"room"`
}

// Whisper is the payload of whisper. N is its number in the reader's own list.
type Whisper struct {
	Room      rooms.ID    `json:"room"`
	N         int64       `json:"n"`
	From      rooms.Color `json:"from"`
	To        rooms.Color `json:"to"`
	FromNick  string      `json:"fromNick,omitempty"`
	ToNick    string      `json:"toNick,omitempty"`
	Chat      string      `json:"chat"`
	ID        rooms.ID    `json:"_id"`
	CreatedAt string      `json:"createdAt"`
	ClientID  string      `json:"clientId,omitempty"` // for the sender only
	Damaged   bool        `json:"damaged,omitempty"`  // the text is lost
}

// WhisperTo returns the payload of w for its sender or its recipient.
func WhisperTo(w rooms.Whisper, sender bool) Whisper {
	wire := Whisper{
		Room: w.Room, N: w.ToSeq, From: w.From.Color, To: w.To.Color, FromNick: w.From.Nick, ToNick: w.To.Nick,
		Chat: w.Text, ID: w.ID, CreatedAt: Time(w.CreatedAt), Damaged: w.Damaged,
	}
	if sender {
		wire.N, wire.ClientID = w.FromSeq, w.ClientID
	}
	return wire
}

// ParticipantsOf returns the payload of the people in a room.
func ParticipantsOf(id rooms.ID, people []rooms.Member) Participants {
	w := Participants{
		Room: id, Count: len(people), People: make([]rooms.Color, len(people)), Members: Members(people),
	}
	for i, m := range people {
		w.People[i] = m.Color
	}
	return w
}

// PeopleCount is the payload of people.
type PeopleCount struct {
	Room  rooms.ID `json:"room"`
	Count int      `json:"count"`
}

// Refusal is the acknowledgement of a refused event, and the payload of
// error-message.
type Refusal struct {
	OK         bool     `json:"ok"`
	Reason     string   `json:"reason"`
	Field      string   `json:"field,omitempty"` // the invalid field
	Message    string   `json:"message"`
	Room       rooms.ID `json:"room,omitempty"`
	RetryAfter int64    `json:"retryAfter,omitempty"` // milliseconds
}

// JoinAck is the acknowledgement of join.
type JoinAck struct {
	OK     bool          `json:"ok"`
	Room   rooms.ID      `json:"room"`
	User   rooms.Color   `json:"user"`
	People []rooms.Color `json:"people"`
	Seq    int64         `json:"seq"`

	Nick     string    `json:"nick,omitempty"`
	Members  []Member  `json:"members"`
	State    RoomState `json:"state"`
	Whispers int64     `json:"whispers"` // number of whispers in the member's list

	// The messages after the seq that the client named.
	Messages []Message `json:"messages,omitempty"`
	More     bool      `json:"more,omitempty"`
}

// PostAck is the acknowledgement of chat, edit and remove.
type PostAck struct {
	OK  bool     `json:"ok"`
	ID  rooms.ID `json:"_id"`
	Seq int64    `json:"seq"`
}

// SyncAck is the acknowledgement of sync.
type SyncAck struct {
	OK       bool      `json:"ok"`
	Messages []Message `json:"messages"`
	More     bool      `json:"more"`
}

// WhisperAck is the acknowledgement of whisper.
type WhisperAck struct {
	OK bool     `json:"ok"`
	ID rooms.ID `json:"_id"`
	N  int64    `json:"n"`
}

// WhispersAck is the acknowledgement of whispers.
type WhispersAck struct {
	OK       bool      `json:"ok"`
	Whispers []Whisper `json:"whispers"`
	More     bool      `json:"more"`
}

// NickAck is the acknowledgement of nick.
type NickAck struct {
	OK   bool   `json:"ok"`
	Nick string `json:"nick"`
}

// SettingsAck is the acknowledgement of settings.
type SettingsAck struct {
	OK    bool      `json:"ok"`
	State RoomState `json:"state"`
}

// MembersAck is the acknowledgement of bans and tokens.
type MembersAck struct {
	OK     bool     `json:"ok"`
	People []Member `json:"people"`
}

// TokenAck is the acknowledgement of token. The token is sent only here.
type TokenAck struct {
	OK     bool        `json:"ok"`
	Token  string      `json:"token"`
	Person rooms.Color `json:"person"`
	Nick   string      `json:"nick,omitempty"`
}

// BanAck is the acknowledgement of a ban that includes the address. Address is
// false if the person's address is not known.
type BanAck struct {
	OK      bool `json:"ok"`
	Address bool `json:"address"`
}

// Ack is the acknowledgement of the other events.
type Ack struct {
	OK bool `json:"ok"`
}

// Replies is the payload of replies: the number of replies that were not relayed.
type Replies struct {
	Count int `json:"count"`
}
