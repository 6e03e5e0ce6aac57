package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gifchat/rooms"
	"gifchat/store"
)

const room = "6b038c7f8bb22f6d27999d18"

// world is a ledger that keeps all promises, to be spoilt: two clients in a
// room, one of whom says two things.
type world struct {
	stored  stored
	told    map[string][]message
	records []record
}

func (w *world) row(seq int64, kind, cid string) message {
	m := message{seq: seq, id: fmt.Sprintf("id%d", seq), room: room, kind: kind, session: "ann", cid: cid, sha: digest(cid)}
	w.stored.messages[room] = append(w.stored.messages[room], m)
	w.stored.heads[room] = seq
	w.told[room] = append(w.told[room], m)
	return m
}

func (w *world) note(t float64, client string, o op, seq int64, cid string) {
	r := record{T: t, Client: client, Room: room, Op: o, Seq: seq, CID: cid}
	if seq > 0 && o != opJoin && o != opGap {
		r.ID = fmt.Sprintf("id%d", seq)
	}
	if cid != "" {
		r.SHA = digest(cid)
	}
	w.records = append(w.records, r)
	slices.SortStableFunc(w.records, func(a, b record) int { return int(a.T*10) - int(b.T*10) })
}

// change changes the records of an op of a client.
func (w *world) change(client string, o op, with func(*record)) {
	for i := range w.records {
		if r := &w.records[i]; r.Client == client && r.Op == o {
			with(r)
		}
	}
}

// about makes the row at seq a notice about a person.
func (w *world) about(seq int64, person, topic string) {
	m := &w.stored.messages[room][seq-1]
	m.person, m.topic = person, topic
}

func (w *world) drop(client string, o op, seq int64) {
	w.records = slices.DeleteFunc(w.records, func(r record) bool {
		return r.Client == client && r.Op == o && r.Seq == seq
	})
}

func sound() *world {
	w := &world{
		stored: stored{heads: make(map[string]int64), messages: make(map[string][]message)},
		told:   make(map[string][]message),
	}
	w.row(1, kindNotice, "")
	w.row(2, kindNotice, "")
	w.row(3, "text", "a")
	w.row(4, "text", "b")
	w.note(1, "ann", opJoin, 2, "")
	w.note(1, "bob", opJoin, 2, "")
	for _, who := range []string{"ann", "bob"} {
		w.change(who, opJoin, func(r *record) { r.Reason = who })
	}
	w.note(2, "ann", opSend, 0, "a")
	w.note(3, "ann", opRecv, 3, "a")
	w.note(3, "bob", opRecv, 3, "a")
	w.note(4, "ann", opAck, 3, "a")
	w.note(5, "ann", opSend, 0, "b")
	w.note(6, "ann", opRecv, 4, "b")
	w.note(6, "bob", opRecovered, 4, "b")
	w.note(7, "ann", opAck, 4, "b")
	return w
}

func verdictOf(w *world) []string {
	return slices.Sorted(maps.Keys(check(w.stored, w.told, w.records).violations))
}

func TestCheck_finds_nothing_in_a_sound_ledger(t *testing.T) {
	if got := verdictOf(sound()); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestCheck_finds(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(w *world)
		want  string // the start of one violation
	}{
		"an acknowledged message that is lost": {func(w *world) {
			w.note(8, "ann", opSend, 0, "c")
			w.note(9, "ann", opAck, 5, "c")
		}, "I1: "},
		"an acknowledged message that history does not tell": {func(w *world) {
			w.told[room] = w.told[room][:3]
		}, `I1: room ` + room + `: "b" was acknowledged; the history`},
		"an acknowledgement of another seq": {func(w *world) {
			w.change("ann", opAck, func(r *record) { r.Seq = 3 })
		}, "I1: "},
		"a retry with another answer": {func(w *world) {
			w.note(8, "ann", opAck, 9, "a")
		}, `I1: room ` + room + `: "a" was acknowledged as 3 and as 9`},
		"one row twice under one name": {func(w *world) {
			w.row(5, "text", "b")
			w.note(8, "ann", opRecv, 5, "b")
			w.note(8, "bob", opRecv, 5, "b")
		}, "I2: room " + room + `: the database has "b" of one session 2`},
		"a seq that is shown twice": {func(w *world) {
			w.note(8, "bob", opRecv, 4, "b")
		}, "I2: room " + room + ": bob was shown 4 twice"},
		"a message that is shown twice under two numbers": {func(w *world) {
			w.row(5, "text", "b")
			w.note(8, "bob", opRecv, 5, "b")
		}, "I2: room " + room + `: bob was shown "b" twice`},
		"a hole in what is shown": {func(w *world) {
			w.drop("bob", opRecv, 3)
		}, "I3: room " + room + ": bob was shown 4 after 2"},
		"two in the wrong order": {func(w *world) {
			w.change("bob", opRecv, func(r *record) { r.T = 6.5 })
			slices.SortStableFunc(w.records, func(a, b record) int { return int(a.T*10) - int(b.T*10) })
		}, "I3: "},
		"a hole in the database": {func(w *world) {
			w.stored.messages[room] = slices.Delete(w.stored.messages[room], 0, 1)
			w.told[room] = w.told[room][1:]
		}, "I3: room " + room + ": the database has seq 2 in place 1"},
		"a head that is not the newest": {func(w *world) { w.stored.heads[room] = 5 }, "I3: room " + room + ": the head is 5"},
		"a head that went back": {func(w *world) {
			w.note(8, "bob", opJoin, 2, "")
		}, "I3: room " + room + ": bob had 4 and was told"},
		"a message that had to be asked for": {func(w *world) {
			w.row(5, "text", "c")
			w.row(6, "text", "d")
			w.note(8, "ann", opSend, 0, "c")
			w.note(8, "ann", opSend, 0, "d")
			for _, who := range []string{"ann", "bob"} {
				w.note(9, who, opGap, 6, "")
				w.note(10, who, opRecovered, 5, "c")
				w.note(10, who, opRecovered, 6, "d")
			}
		}, "I3: room " + room + ": ann was not sent 5"},
		"a notice that is not about oneself": {func(w *world) {
			w.row(5, kindNotice, "")
			w.row(6, "text", "c")
			w.about(5, "ann", "entered")
			w.note(8, "ann", opSend, 0, "c")
			for _, who := range []string{"ann", "bob"} {
				w.note(9, who, opGap, 6, "")
				w.note(10, who, opRecv, 6, "c")
			}
		}, "I3: room " + room + ": bob was not sent 5"},
		"two who see different things": {func(w *world) {
			w.change("bob", opRecv, func(r *record) { r.SHA = digest("x") })
		}, "I4: room " + room + ": bob was shown another 3"},
		"a history unlike the database": {func(w *world) {
			w.told[room][2].id = "another"
		}, "I4: room " + room + ": the history has 3"},
		"a room without a history": {func(w *world) { delete(w.told, room) }, "I4: room " + room + ": there is no history"},
		"a phantom": {func(w *world) {
			w.note(8, "bob", opRecv, 5, "c")
		}, "I5: room " + room + ": bob was shown 5"},
		"a message before it was sent": {func(w *world) {
			w.change("ann", opSend, func(r *record) { r.T = 20 })
		}, "I5: room " + room + `: ann was shown "a" before`},
		"a row that nobody has sent": {func(w *world) {
			w.row(5, "text", "c")
		}, "I5: room " + room + `: the database has "c"`},
		"a row with another text": {func(w *world) {
			w.change("ann", opSend, func(r *record) { r.SHA = digest("other") })
		}, "I5: "},
		"an unknown outcome that happened twice": {func(w *world) {
			w.note(8, "ann", opSend, 0, "c")
			for seq := range 2 {
				w.row(int64(5+seq), "text", "c")
				w.stored.messages[room][4+seq].session = fmt.Sprint("session ", seq)
			}
		}, "I6: room " + room + `: "c" of ann was never acknowledged and is there 2 times`},
		"order against real time": {func(w *world) {
			w.note(4.5, "bob", opSend, 0, "c") // a is acknowledged
			w.change("ann", opAck, func(r *record) {
				if r.Seq == 3 {
					r.Seq, r.ID = 4, "id4"
				}
			})
			w.change("bob", opSend, func(r *record) { r.CID, r.SHA = "b", digest("b") })
			w.stored.messages[room][2].cid, w.stored.messages[room][3].cid = "b", "a"
		}, "I7: room " + room + `: "b" was sent after 4`},
		"a leak into another room": {func(w *world) {
			w.note(8, "bob", opRecv, 4, "b")
			w.records[len(w.records)-1].Room = "another"
		}, "I8: room another: bob was shown 4"},
		"a message of a room that the client does not show": {func(w *world) {
			w.note(8, "bob", opTold, 1, "x")
			r := &w.records[len(w.records)-1]
			r.Room, r.Reason = "another", "chat"
		}, "I8: room another: bob was told chat"},
		"who is in a room that one has left": {func(w *world) {
			w.note(6.5, "bob", opLeave, 0, "")
			w.note(7, "bob", opTold, 0, "")
			w.change("bob", opTold, func(r *record) { r.Reason = "participants" })
		}, "I8: room " + room + ": bob was told participants"},
		"a history with a message of another room": {func(w *world) {
			w.told[room][2].room = "another"
		}, "I8: room " + room + ": the history has 3 of room another"},
		"what is shown after leaving": {func(w *world) {
			w.note(6.5, "bob", opLeave, 0, "")
			w.row(5, "text", "c")
			w.note(8, "ann", opSend, 0, "c")
			w.note(9, "bob", opRecv, 5, "c")
		}, "I8: room " + room + ": bob was shown 5"},
		"a client that is not at the head": {func(w *world) {
			w.drop("bob", opRecovered, 4)
		}, "I9: room " + room + ": bob ended at 3"},
	} {
		t.Run(name, func(t *testing.T) {
			w := sound()
			test.spoil(w)
			got := verdictOf(w)
			if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, test.want) }) {
				t.Errorf("got %q, want one that starts with %q", got, test.want)
			}
		})
	}
}

func TestCheck_allows(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"an unknown outcome that happened once": func(w *world) {
			w.row(5, "text", "c")
			w.note(8, "ann", opSend, 0, "c")
			for _, who := range []string{"ann", "bob"} {
				w.note(9, who, opRecv, 5, "c")
			}
		},
		"to be told who is in one's own room": func(w *world) { w.note(5, "bob", opTold, 0, "") },
		"one that did not":                    func(w *world) { w.note(8, "ann", opSend, 0, "c") },
		"retries":                             func(w *world) { w.note(3.5, "ann", opSend, 0, "a") },
		"the same answer twice": func(w *world) {
			w.note(8, "ann", opSend, 0, "a")
			w.note(9, "ann", opAck, 3, "a")
		},
		"to go on without one's own coming": func(w *world) {
			w.row(5, kindNotice, "")
			w.row(6, "text", "c")
			w.about(5, "ann", "left")
			w.note(8, "ann", opSend, 0, "c")
			w.note(9, "ann", opGap, 6, "")
			w.note(10, "ann", opRecv, 6, "c")
			w.note(9, "bob", opRecv, 5, "")
			w.note(10, "bob", opRecv, 6, "c")
			w.change("bob", opRecv, func(r *record) {
				if r.Seq == 5 {
					r.SHA = digest("")
				}
			})
		},
		"to ask for it": func(w *world) {
			w.row(5, kindNotice, "")
			w.about(5, "ann", "entered")
			w.change("bob", opJoin, func(r *record) { r.Reason = "ann" }) // another tab of hers
			for _, who := range []string{"ann", "bob"} {
				w.note(8, who, opGap, 6, "")
				w.note(9, who, opRecovered, 5, "")
			}
			w.change("ann", opRecovered, func(r *record) { r.SHA = digest("") })
			w.change("bob", opRecovered, func(r *record) {
				if r.Seq == 5 {
					r.SHA = digest("")
				}
			})
		},
		"to leave and to start anew": func(w *world) {
			w.note(6.5, "bob", opLeave, 0, "")
			w.row(5, "text", "c")
			w.note(8, "ann", opSend, 0, "c")
			w.note(9, "ann", opRecv, 5, "c")
			w.note(10, "bob", opJoin, 5, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := sound()
			change(w)
			if got := verdictOf(w); len(got) != 0 {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestReadLedgers_refuses(t *testing.T) {
	for name, folder := range map[string]fstest.MapFS{
		"a clock that goes back":  {"a.jsonl": {Data: []byte(`{"t":2}` + "\n" + `{"t":1}` + "\n")}},
		"half a line":             {"a.jsonl": {Data: []byte(`{"t":2}` + "\n" + `{"t":`)}},
		"a folder without ledger": {"a.json": {}},
	} {
		if _, err := readLedgers(folder); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

// The program itself: on a database and a folder as a load tool leaves them.
func TestRun_ends_with_an_error_when_the_ledger_is_violated(t *testing.T) {
	ctx, folder := t.Context(), t.TempDir()
	database := filepath.Join(folder, "gifchat.db")
	db, err := store.Open(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	owner := rooms.Member{Room: room, Session: "s", Color: "#78583a"}
	if err := db.CreateRoom(ctx, rooms.Room{ID: room, Capacity: 10, OwnerSession: "s"}, owner, rooms.RoomLimits{}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddMessages(ctx, room, []rooms.Message{{ID: "id1", Kind: rooms.KindText, Text: "hi", ClientID: "a"}}); err != nil {
		t.Fatal(err)
	}
	// The database stays open, as it does beside a server.
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(room+".json", `[{"room":"`+room+`","seq":1,"_id":"id1","kind":"text","clientId":"a","chat":"hi"}]`)
	line := func(rest string) string { return `{"client":"ann","room":"` + room + `",` + rest + "}\n" }
	sent := line(`"t":1,"op":"join","seq":0`) + line(`"t":2,"op":"send","cid":"a","sha":"`+digest("hi")+`"`)
	shown := line(`"t":3,"op":"recv","cid":"a","seq":1,"id":"id1","sha":"` + digest("hi") + `"`)
	args := []string{"check", "-db", database, "-history", folder, folder}

	write("ann.jsonl", sent+shown)
	var out strings.Builder
	if err := run(ctx, args, &out); err != nil || !strings.Contains(out.String(), "0 violations") {
		t.Errorf("got %v, %q", err, out.String())
	}
	write("ann.jsonl", sent)
	out.Reset()
	if err := run(ctx, args, &out); !errors.Is(err, errViolated) || !strings.Contains(out.String(), "I9: ") {
		t.Errorf("got %v, %q", err, out.String())
	}

	if err := run(ctx, []string{"fill", "-db", database, "-room", room, "-messages", "100"}, &out); err != nil {
		t.Fatal(err)
	}
	next, err := db.AddMessages(ctx, room, []rooms.Message{{ID: "id102", Kind: rooms.KindText, Text: "after"}})
	if err != nil || next[0].Seq != 102 {
		t.Errorf("after filling: got %+v, %v, want seq 102", next, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, []string{"integrity", database}, &out); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)-4096:], bytes.Repeat([]byte{0xff}, 64))
	write("broken.db", string(b))
	if err := run(ctx, []string{"integrity", filepath.Join(folder, "broken.db")}, &out); err == nil {
		t.Error("a broken database is whole")
	}
}
