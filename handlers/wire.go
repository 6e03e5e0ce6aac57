package handlers

import (
	"time"

	"gifchat/rooms"
)

// The payloads. Keys up to __v stand in the order of the original's documents,
// as its clients' recordings show them; ours come after.

// wireRoom is newRoom's payload. Password is "*" or "": pages only ask whether
// there is one.
type wireRoom struct {
	Title     string      `json:"title"`
	Max       int         `json:"max"`
	Owner     rooms.Color `json:"owner"`
	Password  string      `json:"password"`
	ID        rooms.ID    `json:"_id"`
	CreatedAt string      `json:"createdAt"`
	Version   int         `json:"__v"`
	Closed    bool        `json:"closed,omitempty"` // nobody new is let in
}

func wireRoomOf(r rooms.Room) wireRoom {
	w := wireRoom{Title: r.Title, Max: r.Capacity, Owner: r.Owner, ID: r.ID, CreatedAt: isoTime(r.CreatedAt), Closed: r.Closed}
	if r.Private() {
		w.Password = "*"
	}
	return w
}

// wireMessage is chat's payload. chat and gif are absent when unused.
type wireMessage struct {
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
	Duration int64      `json:"duration,omitempty"` // milliseconds of one round
	Poster   string     `json:"poster,omitempty"`   // below /gif/, as GIF is

	Nick   string      `json:"nick,omitempty"`
	Edited int64       `json:"edited,omitempty"` // the seq of the latest edit
	Target int64       `json:"target,omitempty"` // of an edit or a removal
	Topic  rooms.Topic `json:"topic,omitempty"`  // of a notice
	Person rooms.Color `json:"person,omitempty"` // whom a notice is about
}

func wireMessageOf(m rooms.Message) wireMessage {
	w := wireMessage{
		Room: m.Room, User: m.User, Chat: m.Text, ID: m.ID, CreatedAt: isoTime(m.CreatedAt),
		ClientID: m.ClientID, Seq: m.Seq, Kind: m.Kind,
		Nick: m.Nick, Edited: m.Edited, Target: m.Target, Topic: m.Topic, Person: m.Person,
	}
	if m.Kind == rooms.KindNotice || m.Kind == rooms.KindDamaged {
		w.User = systemUser
	}
	if m.GIF != nil {
		w.GIF, w.Width, w.Height, w.Alt = m.GIF.Name, m.GIF.Width, m.GIF.Height, m.GIF.Alt
		w.Frames, w.Duration, w.Poster = m.GIF.Frames, m.GIF.Duration.Milliseconds(), posterOf(m.GIF)
	}
	return w
}

// posterOf returns where a GIF's first frame is, below /gif/; nowhere if it is
// the only one.
func posterOf(g *rooms.GIF) string {
	if g.Poster == 0 {
		return ""
	}
	return g.Name + "/poster"
}

func wireMessages(messages []rooms.Message) []wireMessage {
	wire := make([]wireMessage, len(messages))
	for i, m := range messages {
		wire[i] = wireMessageOf(m)
	}
	return wire
}

// historyAnswer is a part of a room's history, oldest first.
type historyAnswer struct {
	Messages []wireMessage `json:"messages"`
	More     bool          `json:"more"`
}

// wireNotice is join's and exit's payload.
type wireNotice struct {
	User         string      `json:"user"`
	Chat         string      `json:"chat"`
	Participants int         `json:"participants"`
	Person       rooms.Color `json:"person"`
	Nick         string      `json:"nick,omitempty"`
	Room         rooms.ID    `json:"room"`
	ID           rooms.ID    `json:"_id"`
	CreatedAt    string      `json:"createdAt"`
	Seq          int64       `json:"seq,omitempty"` // none if it is not kept
}

// wirePeople is participants' payload. People is what Members says in short.
type wirePeople struct {
	Room    rooms.ID      `json:"room"`
	Count   int           `json:"count"`
	People  []rooms.Color `json:"people"`
	Members []wireMember  `json:"members"`
}

// wireMember is somebody in a room.
type wireMember struct {
	Color rooms.Color `json:"color"`
	Nick  string      `json:"nick,omitempty"`
	Muted bool        `json:"muted,omitempty"`
	// MutedFor is in milliseconds, none if the owner has to end it: clients
	// whose clock is wrong count as well.
	MutedFor int64 `json:"mutedFor,omitempty"`
	Bot      bool  `json:"bot,omitempty"`
	// AddressFor is for how many milliseconds newcomers from a banned person's
	// address are refused.
	AddressFor int64 `json:"addressFor,omitempty"`
}

func wireMembers(people []rooms.Member) []wireMember {
	members := make([]wireMember, len(people))
	now := time.Now()
	for i, m := range people {
		members[i] = wireMember{Color: m.Color, Nick: m.Nick, Muted: m.Muted(now), Bot: m.Bot}
		if left := m.MutedUntil.Sub(now); members[i].Muted && left <= rooms.MaxMute {
			members[i].MutedFor = max(left.Milliseconds(), 1)
		}
		members[i].AddressFor = max(m.AddressUntil.Sub(now).Milliseconds(), 0)
	}
	return members
}

// wireState is room's payload: what the room is like now.
type wireState struct {
	Room    rooms.ID    `json:"room"`
	Title   string      `json:"title"`
	Max     int         `json:"max"`
	Owner   rooms.Color `json:"owner"`
	Private bool        `json:"private"`
	Frozen  bool        `json:"frozen"`
	Keep    bool        `json:"keep"`
	Closed  bool        `json:"closed"` // nobody new is let in
}

func wireStateOf(r rooms.Room) wireState {
	return wireState{
		Room: r.ID, Title: r.Title, Max: r.Capacity, Owner: r.Owner,
		Private: r.Private(), Frozen: r.Frozen, Keep: r.Keep, Closed: r.Closed,
	}
}

// wireExpelled is kicked's payload.
type wireExpelled struct {
	Room   rooms.ID    `json:"room"`
	Reason rooms.Topic `json:"reason"` // kicked or banned
}

// wireQuit is quit's payload: a person's other sockets are out as well.
type wireQuit struct {
	Room rooms.ID `json:"room"`
}

// wireWhisper is whisper's payload. N is its number in the reader's own list.
type wireWhisper struct {
	Room      rooms.ID    `json:"room"`
	N         int64       `json:"n"`
	From      rooms.Color `json:"from"`
	To        rooms.Color `json:"to"`
	FromNick  string      `json:"fromNick,omitempty"`
	ToNick    string      `json:"toNick,omitempty"`
	Chat      string      `json:"chat"`
	ID        rooms.ID    `json:"_id"`
	CreatedAt string      `json:"createdAt"`
	ClientID  string      `json:"clientId,omitempty"` // to the sender
	Damaged   bool        `json:"damaged,omitempty"`  // what it said is not known
}

// wireWhisperTo is w as one of the two sees it.
func wireWhisperTo(w rooms.Whisper, sender bool) wireWhisper {
	wire := wireWhisper{
		Room: w.Room, N: w.ToSeq, From: w.From.Color, To: w.To.Color, FromNick: w.From.Nick, ToNick: w.To.Nick,
		Chat: w.Text, ID: w.ID, CreatedAt: isoTime(w.CreatedAt), Damaged: w.Damaged,
	}
	if sender {
		wire.N, wire.ClientID = w.FromSeq, w.ClientID
	}
	return wire
}

func wirePeopleOf(id rooms.ID, people []rooms.Member) wirePeople {
	w := wirePeople{
		Room: id, Count: len(people), People: make([]rooms.Color, len(people)), Members: wireMembers(people),
	}
	for i, m := range people {
		w.People[i] = m.Color
	}
	return w
}

// wireCount is people's payload.
type wireCount struct {
	Room  rooms.ID `json:"room"`
	Count int      `json:"count"`
}

// wireRefusal is a nack, and error-message's payload.
type wireRefusal struct {
	OK         bool     `json:"ok"`
	Reason     string   `json:"reason"`
	Field      string   `json:"field,omitempty"` // what is invalid
	Message    string   `json:"message"`
	Room       rooms.ID `json:"room,omitempty"`
	RetryAfter int64    `json:"retryAfter,omitempty"` // milliseconds
}

// wireJoined is join's ack.
type wireJoined struct {
	OK     bool          `json:"ok"`
	Room   rooms.ID      `json:"room"`
	User   rooms.Color   `json:"user"`
	People []rooms.Color `json:"people"`
	Seq    int64         `json:"seq"`

	Nick     string       `json:"nick,omitempty"`
	Members  []wireMember `json:"members"`
	State    wireState    `json:"state"`
	Whispers int64        `json:"whispers"` // how many are in the member's list

	// What came after the seq that the client named.
	Messages []wireMessage `json:"messages,omitempty"`
	More     bool          `json:"more,omitempty"`
}

// wirePosted is chat's ack.
type wirePosted struct {
	OK  bool     `json:"ok"`
	ID  rooms.ID `json:"_id"`
	Seq int64    `json:"seq"`
}

// wireSynced is sync's ack.
type wireSynced struct {
	OK       bool          `json:"ok"`
	Messages []wireMessage `json:"messages"`
	More     bool          `json:"more"`
}

// wireSaid is whisper's ack.
type wireSaid struct {
	OK bool     `json:"ok"`
	ID rooms.ID `json:"_id"`
	N  int64    `json:"n"`
}

// wireWhispered is whispers' ack.
type wireWhispered struct {
	OK       bool          `json:"ok"`
	Whispers []wireWhisper `json:"whispers"`
	More     bool          `json:"more"`
}

// wireNamed is nick's ack.
type wireNamed struct {
	OK   bool   `json:"ok"`
	Nick string `json:"nick"`
}

// wireSet is settings' ack.
type wireSet struct {
	OK    bool      `json:"ok"`
	State wireState `json:"state"`
}

// wireNames is the ack of bans and tokens.
type wireNames struct {
	OK     bool         `json:"ok"`
	People []wireMember `json:"people"`
}

// wireToken is token's ack: the only time that the token is told.
type wireToken struct {
	OK     bool        `json:"ok"`
	Token  string      `json:"token"`
	Person rooms.Color `json:"person"`
	Nick   string      `json:"nick,omitempty"`
}

// wireBanned is ban's ack if the address was to be banned: whether it is known.
type wireBanned struct {
	OK      bool `json:"ok"`
	Address bool `json:"address"`
}

// wireOK is the ack of events that have nothing to tell.
type wireOK struct {
	OK bool `json:"ok"`
}

// wireReplies is replies' payload: how many replies were not relayed.
type wireReplies struct {
	Count int `json:"count"`
}
