package handlers

import "gifchat/rooms"

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
}

func wireRoomOf(r rooms.Room) wireRoom {
	w := wireRoom{Title: r.Title, Max: r.Capacity, Owner: r.Owner, ID: r.ID, CreatedAt: isoTime(r.CreatedAt)}
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
}

func wireMessageOf(m rooms.Message) wireMessage {
	w := wireMessage{
		Room: m.Room, User: m.User, Chat: m.Text, ID: m.ID, CreatedAt: isoTime(m.CreatedAt),
		ClientID: m.ClientID, Seq: m.Seq, Kind: m.Kind,
	}
	if m.Kind == rooms.KindNotice {
		w.User = systemUser
	}
	if m.GIF != nil {
		w.GIF, w.Width, w.Height, w.Alt = m.GIF.Name, m.GIF.Width, m.GIF.Height, m.GIF.Alt
	}
	return w
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
}

// wirePeople is participants' payload.
type wirePeople struct {
	Room   rooms.ID      `json:"room"`
	Count  int           `json:"count"`
	People []rooms.Color `json:"people"`
}

func wirePeopleOf(id rooms.ID, people []rooms.Member) wirePeople {
	w := wirePeople{Room: id, Count: len(people), People: make([]rooms.Color, len(people))}
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

// wireOK is the ack of events that have nothing to tell.
type wireOK struct {
	OK bool `json:"ok"`
}

// wireReplies is replies' payload: how many replies were not relayed.
type wireReplies struct {
	Count int `json:"count"`
}
