package handlers

import (
	"context"

	"gifchat/rooms"
	"gifchat/socketio"
)

// inRoom is what most events' argument begins with: the room, which may be left
// out by sockets that are in one.
type inRoom struct {
	Room string `json:"room"`
}

// readObject reads an event's first argument, which may be missing: then there
// is nothing in it.
func readObject[T any](args socketio.Args) (T, error) {
	var ask T
	if len(args) == 0 {
		return ask, nil
	}
	return readAsk(args, func(string) T { return ask })
}

// amendAsk is the argument of edit and remove.
type amendAsk struct {
	inRoom
	Seq      int64  `json:"seq"`
	Chat     string `json:"chat"` // the new text
	Alt      string `json:"alt"`  // or the new description of a GIF
	ClientID string `json:"clientId"`
}

func (s *sockets) edit(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readObject[amendAsk](args)
	if err != nil {
		return nil, err
	}
	text := ask.Chat
	if text == "" {
		text = ask.Alt
	}
	return s.amend(ctx, st, ask, rooms.Amendment{Seq: ask.Seq, Text: text, ClientID: ask.ClientID})
}

func (s *sockets) remove(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readObject[amendAsk](args)
	if err != nil {
		return nil, err
	}
	return s.amend(ctx, st, ask, rooms.Amendment{Seq: ask.Seq, Remove: true, ClientID: ask.ClientID})
}

func (s *sockets) amend(ctx context.Context, st *seats, ask amendAsk, a rooms.Amendment) (any, error) {
	id := st.room(ask.Room)
	m, err := s.budgets.inRoom(ctx, st.visitor, id, func() (rooms.Stored, error) { return s.chat.Amend(ctx, st.visitor, id, a) })
	if err != nil {
		return nil, err
	}
	return wirePosted{OK: true, ID: m.ID, Seq: m.Seq}, nil
}

// whisperAsk is whisper's argument; To is the other's colour.
type whisperAsk struct {
	inRoom
	To       rooms.Color `json:"to"`
	Chat     string      `json:"chat"`
	ClientID string      `json:"clientId"`
}

func (s *sockets) whisper(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readObject[whisperAsk](args)
	if err != nil {
		return nil, err
	}
	draft := rooms.Draft{Text: ask.Chat, ClientID: ask.ClientID}
	w, err := s.chat.Whisper(ctx, st.visitor, st.room(ask.Room), ask.To, draft)
	if err != nil {
		return nil, err
	}
	return wireSaid{OK: true, ID: w.ID, N: w.FromSeq}, nil
}

// whispers answers with what the socket's visitor has sent and got.
func (s *sockets) whispers(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readObject[syncAsk](args)
	if err != nil {
		return nil, err
	}
	all, err := s.chat.Whispers(ctx, st.visitor, st.room(ask.Room), ask.After, maxPage+1)
	if err != nil {
		return nil, err
	}
	page := fitting(all[:min(len(all), maxPage)], false, whisperWeight)
	answer := wireWhispered{OK: true, More: len(all) > len(page), Whispers: []wireWhisper{}}
	for _, w := range page {
		answer.Whispers = append(answer.Whispers, wireWhisperTo(w, w.From.Session == st.visitor.Session))
	}
	return answer, nil
}

// nickAsk is nick's argument; a string alone is the name.
type nickAsk struct {
	inRoom
	Nick string `json:"nick"`
}

func (s *sockets) rename(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readAsk(args, func(text string) nickAsk { return nickAsk{Nick: text} })
	if err != nil {
		return nil, err
	}
	id := st.room(ask.Room)
	var m rooms.Member
	_, err = s.budgets.inRoom(ctx, st.visitor, id, func() (_ rooms.Stored, err error) { // all in the room are told
		m, err = s.chat.Rename(ctx, st.visitor, id, ask.Nick)
		return rooms.Stored{}, err
	})
	if err != nil {
		return nil, err
	}
	return wireNamed{OK: true, Nick: m.Nick}, nil
}

func (s *sockets) quit(ctx context.Context, _ *socketio.Socket, st *seats, args socketio.Args) (any, error) {
	ask, err := readAsk(args, func(text string) inRoom { return inRoom{Room: text} })
	if err != nil {
		return nil, err
	}
	return wireOK{OK: true}, s.chat.Quit(ctx, st.visitor, st.room(ask.Room))
}
