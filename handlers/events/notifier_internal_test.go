package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gifchat/handlers/wire"
	"gifchat/rooms"
	"gifchat/socketio"
)

// recorder is an emitter that records events in their form on the wire.
type recorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *recorder) toLobby(event string, args ...any) error {
	return r.add(lobbyNamespace, event, args)
}

func (r *recorder) toRoom(room, except, event string, args ...any) error {
	return r.add(chatNamespace+" "+room+" -"+except, event, args)
}

func (r *recorder) message(_ *socketio.Batch, room, event string, m wire.Message) error {
	return r.toRoom(room, "", event, m)
}

func (r *recorder) expel(from string, id rooms.ID, end bool) {
	_ = r.add(fmt.Sprintf("out %s of %s, end %t", from, id, end), "", nil)
}

func (r *recorder) add(to, event string, args []any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(append([]any{event}, args...)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, to+" "+string(bytes.TrimSpace(b.Bytes())))
	return nil
}

func TestLogFailure_logs_no_line_for_a_client_that_disconnected(t *testing.T) {
	var log bytes.Buffer
	n := newNotifier(&recorder{}, slog.New(slog.NewTextHandler(&log, nil)))
	n.logFailure(fmt.Errorf("answer: %w", socketio.ErrDisconnected))
	if log.Len() > 0 {
		t.Errorf("log after a disconnect: got %s, want no line", &log)
	}
	if n.logFailure(errors.ErrUnsupported); log.Len() == 0 {
		t.Error("log after an event that cannot be encoded: got no line, want one")
	}
}

func TestNotifier_emits_events_in_their_form_on_the_wire(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 44, 47, 519_999_999, time.FixedZone("KST", 9*60*60))
	const room = rooms.ID("6b038c7f8bb22f6d27999d18")
	const id = rooms.ID("6b038c7f8bb22f6d27999d19")
	member := rooms.Member{Room: room, Color: "#7453ac"}
	notice := rooms.Message{
		ID: id, Room: room, Seq: 9, Kind: rooms.KindNotice, Text: "철수님이 입장하셨습니다.",
		Topic: rooms.TopicEntered, Person: "#7453ac", Nick: "철수", CreatedAt: at,
	}
	const person = "/chat room:6b038c7f8bb22f6d27999d18:#7453ac -"
	const inRoom = "/chat room:6b038c7f8bb22f6d27999d18 -"
	const others = inRoom + "room:6b038c7f8bb22f6d27999d18:#7453ac "

	tests := []struct {
		name string
		call func(*Notifier)
		want []string
	}{
		{"a public room", func(n *Notifier) {
			n.RoomCreated(rooms.Room{ID: room, Title: "테스트 <b>", Capacity: 10, Owner: "#78583a", CreatedAt: at})
		}, []string{`/room ["newRoom",{"title":"테스트 <b>","max":10,"owner":"#78583a","password":"","_id":"6b038c7f8bb22f6d27999d18","createdAt":"2026-11-23T00:44:47.519Z","__v":0}]`}},
		{"a private room", func(n *Notifier) {
			n.RoomCreated(rooms.Room{ID: room, Title: "t", Capacity: 2, PasswordHash: "$argon2id$", CreatedAt: at.Truncate(time.Second)})
		}, []string{`/room ["newRoom",{"title":"t","max":2,"owner":"","password":"*","_id":"6b038c7f8bb22f6d27999d18","createdAt":"2026-11-23T00:44:47.000Z","__v":0}]`}},
		{"a text", func(n *Notifier) {
			n.Posted(rooms.Message{ID: id, Room: room, Seq: 7, Kind: rooms.KindText, User: "#78583a", Session: "secret", Text: "hello", CreatedAt: at})
		}, []string{inRoom + ` ["chat",{"room":"6b038c7f8bb22f6d27999d18","user":"#78583a","chat":"hello","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z","__v":0,"seq":7,"kind":"text"}]`}},
		{"a GIF", func(n *Notifier) {
			n.Posted(rooms.Message{
				ID: id, Room: room, Seq: 8, Kind: rooms.KindGIF, User: "#8795c5", ClientID: "c1", CreatedAt: at,
				GIF: &rooms.GIF{Name: "a.gif", Width: 3, Height: 2, Alt: "고양이"},
			})
		}, []string{inRoom + ` ["chat",{"room":"6b038c7f8bb22f6d27999d18","user":"#8795c5","gif":"a.gif","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z","__v":0,"clientId":"c1","seq":8,"kind":"gif","w":3,"h":2,"alt":"고양이"}]`}},
		{
			"a person enters", func(n *Notifier) { n.Entered(member, notice, []rooms.Member{member}) },
			[]string{others + `["join",{"user":"system","chat":"철수님이 입장하셨습니다.","participants":1,"person":"#7453ac","nick":"철수","room":"6b038c7f8bb22f6d27999d18","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z","seq":9}]`},
		},
		{
			"a person leaves", func(n *Notifier) {
				n.Left(member, rooms.Message{ID: id, Text: "#7453ac님이 퇴장하셨습니다.", CreatedAt: at}, nil)
			},
			[]string{others + `["exit",{"user":"system","chat":"#7453ac님이 퇴장하셨습니다.","participants":0,"person":"#7453ac","room":"6b038c7f8bb22f6d27999d18","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z"}]`},
		},
		{"changes of people are collected", func(n *Notifier) {
			n.PeopleChanged(room, nil)
			n.PeopleChanged(room, []rooms.Member{member})
		}, []string{
			`/room ["people",{"room":"6b038c7f8bb22f6d27999d18","count":1}]`,
			inRoom + ` ["participants",{"room":"6b038c7f8bb22f6d27999d18","count":1,"people":["#7453ac"],"members":[{"color":"#7453ac"}]}]`,
		}},
		{"another notice", func(n *Notifier) {
			kicked := notice
			kicked.Topic, kicked.Text = rooms.TopicKicked, "철수님을 내보냈습니다."
			n.Posted(kicked)
		}, []string{inRoom + ` ["notice",{"room":"6b038c7f8bb22f6d27999d18","user":"system","chat":"철수님을 내보냈습니다.","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z","__v":0,"seq":9,"kind":"notice","nick":"철수","topic":"kicked","person":"#7453ac"}]`}},
		{"an edit", func(n *Notifier) {
			n.Posted(rooms.Message{ID: id, Room: room, Seq: 7, Kind: rooms.KindEdit, User: "#78583a", Text: "hello", Target: 3, CreatedAt: at})
		}, []string{inRoom + ` ["edit",{"room":"6b038c7f8bb22f6d27999d18","user":"#78583a","chat":"hello","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z","__v":0,"seq":7,"kind":"edit","target":3}]`}},
		{"a removed message", func(n *Notifier) {
			n.Posted(rooms.Message{ID: id, Room: room, Seq: 7, Kind: rooms.KindRemove, User: "#78583a", Target: 3, CreatedAt: at})
		}, []string{inRoom + ` ["remove",{"room":"6b038c7f8bb22f6d27999d18","user":"#78583a","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z","__v":0,"seq":7,"kind":"remove","target":3}]`}},
		{"a person is banned", func(n *Notifier) { n.Expelled(member, rooms.TopicBanned) }, []string{
			person + ` ["kicked",{"room":"6b038c7f8bb22f6d27999d18","reason":"banned"}]`,
			`out room:6b038c7f8bb22f6d27999d18:#7453ac of 6b038c7f8bb22f6d27999d18, end true [""]`,
		}},
		{"a person quits", func(n *Notifier) { n.Expelled(member, rooms.TopicLeft) }, []string{
			person + ` ["quit",{"room":"6b038c7f8bb22f6d27999d18"}]`,
			`out room:6b038c7f8bb22f6d27999d18:#7453ac of 6b038c7f8bb22f6d27999d18, end false [""]`,
		}},
		{"a room is changed", func(n *Notifier) {
			n.RoomChanged(rooms.Room{ID: room, Title: "새", Capacity: 2, Owner: "#78583a", PasswordHash: "$argon2id$", Frozen: true, CreatedAt: at})
		}, []string{
			`/room ["changeRoom",{"title":"새","max":2,"owner":"#78583a","password":"*","_id":"6b038c7f8bb22f6d27999d18","createdAt":"2026-11-23T00:44:47.519Z","__v":0}]`,
			inRoom + ` ["room",{"room":"6b038c7f8bb22f6d27999d18","title":"새","max":2,"owner":"#78583a","private":true,"frozen":true,"keep":false,"closed":false}]`,
		}},
		{"a whisper is emitted to two people", func(n *Notifier) {
			n.Whispered(rooms.Whisper{
				ID: id, Room: room, From: member, To: rooms.Member{Room: room, Color: "#78583a", Nick: "b"},
				FromSeq: 3, ToSeq: 1, Text: "쉿", ClientID: "c", CreatedAt: at,
			})
		}, []string{
			person + ` ["whisper",{"room":"6b038c7f8bb22f6d27999d18","n":3,"from":"#7453ac","to":"#78583a","toNick":"b","chat":"쉿","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z","clientId":"c"}]`,
			`/chat room:6b038c7f8bb22f6d27999d18:#78583a - ["whisper",{"room":"6b038c7f8bb22f6d27999d18","n":1,"from":"#7453ac","to":"#78583a","toNick":"b","chat":"쉿","_id":"6b038c7f8bb22f6d27999d19","createdAt":"2026-11-23T00:44:47.519Z"}]`,
		}},
		{"a removal is emitted twice", func(n *Notifier) { n.RoomRemoved(room) }, []string{
			`/room ["removeRoom","6b038c7f8bb22f6d27999d18"]`,
			inRoom + ` ["removeRoom","6b038c7f8bb22f6d27999d18"]`,
			`out room:6b038c7f8bb22f6d27999d18 of 6b038c7f8bb22f6d27999d18, end true [""]`,
			`/room ["removeRoom","6b038c7f8bb22f6d27999d18"]`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &recorder{}
				n := newNotifier(out, slog.New(slog.DiscardHandler))
				tt.call(n)
				time.Sleep(removeAgain + time.Second)
				n.Close()
				if len(out.lines) != len(tt.want) {
					t.Fatalf("events: got %q, want %q", out.lines, tt.want)
				}
				for i, line := range out.lines {
					if line != tt.want[i] {
						t.Errorf("line %d\n got %s\nwant %s", i, line, tt.want[i])
					}
				}
			})
		})
	}
}

func TestNotifier_close_cancels_the_timers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &recorder{}
		n := newNotifier(out, slog.New(slog.DiscardHandler))
		n.RoomRemoved("6b038c7f8bb22f6d27999d18")
		n.Close()
		emitted := len(out.lines)
		time.Sleep(time.Minute)
		if len(out.lines) != emitted {
			t.Errorf("events after Close: got %q, want none", out.lines[emitted:])
		}
	})
}
