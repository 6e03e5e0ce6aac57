package events

import (
	"context"

	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

// chatArgument is the argument of chat: a text alone, or an object.
type chatArgument struct {
	Room     string `json:"room"`
	Chat     string `json:"chat"`
	ClientID string `json:"clientId"`
}

func (a *chatArgument) setText(text string) { a.Chat = text }

func (h *chatHandlers) post(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a chatArgument) (any, error) {
	id := st.roomOrDefault(a.Room)
	charge, err := h.limiter.Post(ctx, h.chat, st.visitor, id)
	if err != nil {
		return nil, err
	}
	defer charge.Refund()
	m, err := h.chat.Post(ctx, st.visitor, id, rooms.Draft{Text: a.Chat, ClientID: a.ClientID})
	if err != nil {
		return nil, err
	}
	if !m.Again {
		charge.Commit()
	}
	return wire.PostAck{OK: true, ID: m.ID, Seq: m.Seq}, nil
}

// amendArgument is the argument of edit and remove.
type amendArgument struct {
	roomArgument
	Seq      int64  `json:"seq"`
	Chat     string `json:"chat"` // the new text
	Alt      string `json:"alt"`  // or the new description of a GIF
	ClientID string `json:"clientId"`
}

func (h *chatHandlers) edit(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a amendArgument) (any, error) {
	text := a.Chat
	if text == "" {
		text = a.Alt
	}
	return h.amend(ctx, st, a.Room, rooms.Amendment{Seq: a.Seq, Text: text, ClientID: a.ClientID})
}

func (h *chatHandlers) remove(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a amendArgument) (any, error) {
	return h.amend(ctx, st, a.Room, rooms.Amendment{Seq: a.Seq, Remove: true, ClientID: a.ClientID})
}

func (h *chatHandlers) amend(ctx context.Context, st *joinedRooms, room string, a rooms.Amendment) (any, error) {
	id := st.roomOrDefault(room)
	charge, err := h.limiter.Post(ctx, h.chat, st.visitor, id)
	if err != nil {
		return nil, err
	}
	defer charge.Refund()
	m, err := h.chat.Amend(ctx, st.visitor, id, a)
	if err != nil {
		return nil, err
	}
	if !m.Again {
		charge.Commit()
	}
	return wire.PostAck{OK: true, ID: m.ID, Seq: m.Seq}, nil
}

// whisperArgument is the argument of whisper. To is the colour of the recipient.
type whisperArgument struct {
	roomArgument
	To       rooms.Color `json:"to"`
	Chat     string      `json:"chat"`
	ClientID string      `json:"clientId"`
}

func (h *chatHandlers) whisper(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a whisperArgument) (any, error) {
	draft := rooms.Draft{Text: a.Chat, ClientID: a.ClientID}
	w, err := h.chat.Whisper(ctx, st.visitor, st.roomOrDefault(a.Room), a.To, draft)
	if err != nil {
		return nil, err
	}
	return wire.WhisperAck{OK: true, ID: w.ID, N: w.FromSeq}, nil
}

// syncArgument is the argument of sync and whispers.
type syncArgument struct {
	Room  string `json:"room"`
	After int64  `json:"after"`
}

func (a *syncArgument) setText(room string) { a.Room = room }

// whispers answers with the whispers that the visitor has sent and received.
func (h *chatHandlers) whispers(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a syncArgument) (any, error) {
	all, err := h.chat.Whispers(ctx, st.visitor, st.roomOrDefault(a.Room), a.After, wire.MaxPage+1)
	if err != nil {
		return nil, err
	}
	page := wire.FitWhispers(all[:min(len(all), wire.MaxPage)])
	answer := wire.WhispersAck{OK: true, More: len(all) > len(page), Whispers: []wire.Whisper{}}
	for _, w := range page {
		answer.Whispers = append(answer.Whispers, wire.WhisperTo(w, w.From.Session == st.visitor.Session))
	}
	return answer, nil
}

func (h *chatHandlers) sync(ctx context.Context, _ *socketio.Socket, st *joinedRooms, a syncArgument) (any, error) {
	missed, more, err := h.readAfter(ctx, st, st.roomOrDefault(a.Room), a.After)
	if err != nil {
		return nil, err
	}
	return wire.SyncAck{OK: true, Messages: wire.Messages(missed), More: more}, nil
}

// maxSync is the number of messages after which a sync ends. It is large, so that a
// client that was offline for long stays within the rate limit of its events.
const maxSync = 1000

// readAfter reads the messages after a seq, up to maxSync or as many as fit into an
// answer, and whether there are more. A client without messages begins with the
// first message.
func (h *chatHandlers) readAfter(ctx context.Context, st *joinedRooms, id rooms.ID, after int64) ([]rooms.Message, bool, error) {
	if after <= 0 {
		after = -1 // rooms.Page takes 0 for the newest page
	}
	var all []rooms.Message
	for {
		part, more, err := wire.ReadHistory(ctx, h.chat, st.visitor, id, rooms.Page{After: after, Limit: wire.MaxPage})
		if err != nil {
			return nil, false, err
		}
		all = append(all, part...)
		if fitting := wire.FitMessages(all); len(fitting) < len(all) {
			return fitting, true, nil
		}
		if !more || len(all) >= maxSync {
			return all, more, nil
		}
		after = part[len(part)-1].Seq
	}
}
