package events

import (
	"fmt"

	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

// messageKey names the event of a message while it is kept for clients that are
// offline. An edit has the key of the message that it changes.
func messageKey(m wire.Message) string {
	seq := m.Seq
	if m.Target != 0 {
		seq = m.Target
	}
	return fmt.Sprintf("%s:%d", m.Room, seq)
}

// amendKept returns the arguments of a kept event after the edit or removal m
// of its message. The result is what the store returns for the message.
func amendKept(m wire.Message, event string, args socketio.Args) []any {
	var kept wire.Message
	if args.Bind(&kept) != nil {
		return nil
	}
	switch {
	case m.Kind == rooms.KindRemove && event == eventChat:
		kept = wire.Message{
			Room: kept.Room, User: kept.User, ID: kept.ID, CreatedAt: kept.CreatedAt, Version: kept.Version,
			ClientID: kept.ClientID, Seq: kept.Seq, Kind: rooms.KindRemoved, Nick: kept.Nick, Edited: m.Seq,
		}
	case m.Kind == rooms.KindRemove: // an edit
		kept.Chat = ""
	case event == eventChat && kept.GIF != "":
		kept.Alt, kept.Edited = m.Chat, m.Seq
	case event == eventChat:
		kept.Chat, kept.Edited = m.Chat, m.Seq
	}
	return []any{kept}
}
