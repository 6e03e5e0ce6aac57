package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// fixture is the database, the history and the records of a correct run, which a test can
// change. Two clients are in a room, and one of them sends two messages.
type fixture struct {
	contents contents
	history  map[string][]message
	records  []record
}

func (w *fixture) addMessage(seq int64, kind, cid string) message {
	m := message{seq: seq, id: fmt.Sprintf("id%d", seq), room: room, kind: kind, session: "ann", cid: cid, sha: textDigest(cid)}
	w.contents.messages[room] = append(w.contents.messages[room], m)
	w.contents.heads[room] = seq
	w.history[room] = append(w.history[room], m)
	return m
}

func (w *fixture) addRecord(t float64, client string, o op, seq int64, cid string) {
	r := record{T: t, Client: client, Room: room, Op: o, Seq: seq, CID: cid}
	if seq > 0 && o != opJoin && o != opGap {
		r.ID = fmt.Sprintf("id%d", seq)
	}
	if cid != "" {
		r.SHA = textDigest(cid)
	}
	w.records = append(w.records, r)
	slices.SortStableFunc(w.records, func(a, b record) int { return int(a.T*10) - int(b.T*10) })
}

// changeRecords changes the records of one client and op.
func (w *fixture) changeRecords(client string, o op, with func(*record)) {
	for i := range w.records {
		if r := &w.records[i]; r.Client == client && r.Op == o {
			with(r)
		}
	}
}

// setNotice makes the message at seq a notice about a person.
func (w *fixture) setNotice(seq int64, person, topic string) {
	m := &w.contents.messages[room][seq-1]
	m.person, m.topic = person, topic
}

func (w *fixture) dropRecord(client string, o op, seq int64) {
	w.records = slices.DeleteFunc(w.records, func(r record) bool {
		return r.Client == client && r.Op == o && r.Seq == seq
	})
}

func validFixture() *fixture {
	w := &fixture{
		contents: contents{heads: make(map[string]int64), messages: make(map[string][]message)},
		history:  make(map[string][]message),
	}
	w.addMessage(1, kindNotice, "")
	w.addMessage(2, kindNotice, "")
	w.addMessage(3, "text", "a")
	w.addMessage(4, "text", "b")
	w.addRecord(1, "ann", opJoin, 2, "")
	w.addRecord(1, "bob", opJoin, 2, "")
	for _, who := range []string{"ann", "bob"} {
		w.changeRecords(who, opJoin, func(r *record) { r.Reason = who })
	}
	w.addRecord(2, "ann", opSend, 0, "a")
	w.addRecord(3, "ann", opRecv, 3, "a")
	w.addRecord(3, "bob", opRecv, 3, "a")
	w.addRecord(4, "ann", opAck, 3, "a")
	w.addRecord(5, "ann", opSend, 0, "b")
	w.addRecord(6, "ann", opRecv, 4, "b")
	w.addRecord(6, "bob", opRecovered, 4, "b")
	w.addRecord(7, "ann", opAck, 4, "b")
	return w
}

func violationsOf(w *fixture) []string {
	return slices.Sorted(maps.Keys(check(w.contents, w.history, w.records).violations))
}

func TestCheck_finds_nothing_in_a_sound_ledger(t *testing.T) {
	if got := violationsOf(validFixture()); len(got) != 0 {
		t.Errorf("got violations %q, want none", got)
	}
}

func TestCheck_finds_violations(t *testing.T) {
	for name, test := range map[string]struct {
		change func(w *fixture)
		want   string // prefix of one violation
	}{
		"a lost acknowledged message": {func(w *fixture) {
			w.addRecord(8, "ann", opSend, 0, "c")
			w.addRecord(9, "ann", opAck, 5, "c")
		}, "I1: "},
		"an acknowledged message that is missing in the history": {func(w *fixture) {
			w.history[room] = w.history[room][:3]
		}, `I1: room ` + room + `: "b" was acknowledged; history`},
		"an acknowledgement of another seq": {func(w *fixture) {
			w.changeRecords("ann", opAck, func(r *record) { r.Seq = 3 })
		}, "I1: "},
		"a retry with another seq": {func(w *fixture) {
			w.addRecord(8, "ann", opAck, 9, "a")
		}, `I1: room ` + room + `: "a" was acknowledged as seq 3 and as seq 9`},
		"two rows with one client id": {func(w *fixture) {
			w.addMessage(5, "text", "b")
			w.addRecord(8, "ann", opRecv, 5, "b")
			w.addRecord(8, "bob", opRecv, 5, "b")
		}, "I2: room " + room + `: database: got "b" of one session 2`},
		"a seq that is received twice": {func(w *fixture) {
			w.addRecord(8, "bob", opRecv, 4, "b")
		}, "I2: room " + room + ": bob received seq 4 twice"},
		"a message that is received with two seqs": {func(w *fixture) {
			w.addMessage(5, "text", "b")
			w.addRecord(8, "bob", opRecv, 5, "b")
		}, "I2: room " + room + `: bob received "b" twice`},
		"a gap in the received messages": {func(w *fixture) {
			w.dropRecord("bob", opRecv, 3)
		}, "I3: room " + room + ": bob received seq 4 after seq 2"},
		"two messages in the wrong order": {func(w *fixture) {
			w.changeRecords("bob", opRecv, func(r *record) { r.T = 6.5 })
			slices.SortStableFunc(w.records, func(a, b record) int { return int(a.T*10) - int(b.T*10) })
		}, "I3: "},
		"a gap in the database": {func(w *fixture) {
			w.contents.messages[room] = slices.Delete(w.contents.messages[room], 0, 1)
			w.history[room] = w.history[room][1:]
		}, "I3: room " + room + ": database: got seq 2, want 1"},
		"a head that is not the newest": {func(w *fixture) { w.contents.heads[room] = 5 }, "I3: room " + room + ": database: got head 5"},
		"a head that is lower than before": {func(w *fixture) {
			w.addRecord(8, "bob", opJoin, 2, "")
		}, "I3: room " + room + ": bob had seq 4 and joined at seq 2"},
		"a message that had to be requested": {func(w *fixture) {
			w.addMessage(5, "text", "c")
			w.addMessage(6, "text", "d")
			w.addRecord(8, "ann", opSend, 0, "c")
			w.addRecord(8, "ann", opSend, 0, "d")
			for _, who := range []string{"ann", "bob"} {
				w.addRecord(9, who, opGap, 6, "")
				w.addRecord(10, who, opRecovered, 5, "c")
				w.addRecord(10, who, opRecovered, 6, "d")
			}
		}, "I3: room " + room + ": ann did not receive seq 5"},
		"a missing notice about another client": {func(w *fixture) {
			w.addMessage(5, kindNotice, "")
			w.addMessage(6, "text", "c")
			w.setNotice(5, "ann", "entered")
			w.addRecord(8, "ann", opSend, 0, "c")
			for _, who := range []string{"ann", "bob"} {
				w.addRecord(9, who, opGap, 6, "")
				w.addRecord(10, who, opRecv, 6, "c")
			}
		}, "I3: room " + room + ": bob did not receive seq 5"},
		"two clients that receive different texts": {func(w *fixture) {
			w.changeRecords("bob", opRecv, func(r *record) { r.SHA = textDigest("x") })
		}, "I4: room " + room + ": bob received seq 3 with another"},
		"a history that differs from the database": {func(w *fixture) {
			w.history[room][2].id = "another"
		}, "I4: room " + room + ": history: got seq 3"},
		"a room without a history": {func(w *fixture) { delete(w.history, room) }, "I4: room " + room + ": got no history"},
		"a received message that is not in the database": {func(w *fixture) {
			w.addRecord(8, "bob", opRecv, 5, "c")
		}, "I5: room " + room + ": bob received seq 5"},
		"a message before it was sent": {func(w *fixture) {
			w.changeRecords("ann", opSend, func(r *record) { r.T = 20 })
		}, "I5: room " + room + `: ann received "a" before`},
		"a row that no client has sent": {func(w *fixture) {
			w.addMessage(5, "text", "c")
		}, "I5: room " + room + `: database: got "c"`},
		"a row with another text": {func(w *fixture) {
			w.changeRecords("ann", opSend, func(r *record) { r.SHA = textDigest("other") })
		}, "I5: "},
		"an unacknowledged message that is stored twice": {func(w *fixture) {
			w.addRecord(8, "ann", opSend, 0, "c")
			for seq := range 2 {
				w.addMessage(int64(5+seq), "text", "c")
				w.contents.messages[room][4+seq].session = fmt.Sprint("session ", seq)
			}
		}, "I6: room " + room + `: "c" of ann was not acknowledged; database: got it 2 times`},
		"a message sent later with a lower seq": {func(w *fixture) {
			w.addRecord(4.5, "bob", opSend, 0, "c") // after the acknowledgement of a
			w.changeRecords("ann", opAck, func(r *record) {
				if r.Seq == 3 {
					r.Seq, r.ID = 4, "id4"
				}
			})
			w.changeRecords("bob", opSend, func(r *record) { r.CID, r.SHA = "b", textDigest("b") })
			w.contents.messages[room][2].cid, w.contents.messages[room][3].cid = "b", "a"
		}, "I7: room " + room + `: "b" was sent after seq 4`},
		"a message in another room": {func(w *fixture) {
			w.addRecord(8, "bob", opRecv, 4, "b")
			w.records[len(w.records)-1].Room = "another"
		}, "I8: room another: bob received seq 4"},
		"a notification of a room that the client is not in": {func(w *fixture) {
			w.addRecord(8, "bob", opNotified, 1, "x")
			r := &w.records[len(w.records)-1]
			r.Room, r.Reason = "another", "chat"
		}, "I8: room another: bob received chat"},
		"the participants of a room after leaving it": {func(w *fixture) {
			w.addRecord(6.5, "bob", opLeave, 0, "")
			w.addRecord(7, "bob", opNotified, 0, "")
			w.changeRecords("bob", opNotified, func(r *record) { r.Reason = "participants" })
		}, "I8: room " + room + ": bob received participants"},
		"a history with a message of another room": {func(w *fixture) {
			w.history[room][2].room = "another"
		}, "I8: room " + room + ": history: got seq 3 of room another"},
		"a message received after leaving": {func(w *fixture) {
			w.addRecord(6.5, "bob", opLeave, 0, "")
			w.addMessage(5, "text", "c")
			w.addRecord(8, "ann", opSend, 0, "c")
			w.addRecord(9, "bob", opRecv, 5, "c")
		}, "I8: room " + room + ": bob received seq 5"},
		"a client that ends before the head": {func(w *fixture) {
			w.dropRecord("bob", opRecovered, 4)
		}, "I9: room " + room + ": bob ended at seq 3"},
	} {
		t.Run(name, func(t *testing.T) {
			w := validFixture()
			test.change(w)
			got := violationsOf(w)
			if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, test.want) }) {
				t.Errorf("got violations %q, want one that starts with %q", got, test.want)
			}
		})
	}
}

func TestCheck_allows_unknown_outcomes(t *testing.T) {
	for name, change := range map[string]func(w *fixture){
		"an unacknowledged message that is stored": func(w *fixture) {
			w.addMessage(5, "text", "c")
			w.addRecord(8, "ann", opSend, 0, "c")
			for _, who := range []string{"ann", "bob"} {
				w.addRecord(9, who, opRecv, 5, "c")
			}
		},
		"the participants of the client's own room":    func(w *fixture) { w.addRecord(5, "bob", opNotified, 0, "") },
		"an unacknowledged message that is not stored": func(w *fixture) { w.addRecord(8, "ann", opSend, 0, "c") },
		"retries": func(w *fixture) { w.addRecord(3.5, "ann", opSend, 0, "a") },
		"the same answer twice": func(w *fixture) {
			w.addRecord(8, "ann", opSend, 0, "a")
			w.addRecord(9, "ann", opAck, 3, "a")
		},
		"a missing notice about the client itself": func(w *fixture) {
			w.addMessage(5, kindNotice, "")
			w.addMessage(6, "text", "c")
			w.setNotice(5, "ann", "left")
			w.addRecord(8, "ann", opSend, 0, "c")
			w.addRecord(9, "ann", opGap, 6, "")
			w.addRecord(10, "ann", opRecv, 6, "c")
			w.addRecord(9, "bob", opRecv, 5, "")
			w.addRecord(10, "bob", opRecv, 6, "c")
			w.changeRecords("bob", opRecv, func(r *record) {
				if r.Seq == 5 {
					r.SHA = textDigest("")
				}
			})
		},
		"a requested notice about the client itself": func(w *fixture) {
			w.addMessage(5, kindNotice, "")
			w.setNotice(5, "ann", "entered")
			w.changeRecords("bob", opJoin, func(r *record) { r.Reason = "ann" }) // another tab of ann
			for _, who := range []string{"ann", "bob"} {
				w.addRecord(8, who, opGap, 6, "")
				w.addRecord(9, who, opRecovered, 5, "")
			}
			w.changeRecords("ann", opRecovered, func(r *record) { r.SHA = textDigest("") })
			w.changeRecords("bob", opRecovered, func(r *record) {
				if r.Seq == 5 {
					r.SHA = textDigest("")
				}
			})
		},
		"a client that leaves and joins again": func(w *fixture) {
			w.addRecord(6.5, "bob", opLeave, 0, "")
			w.addMessage(5, "text", "c")
			w.addRecord(8, "ann", opSend, 0, "c")
			w.addRecord(9, "ann", opRecv, 5, "c")
			w.addRecord(10, "bob", opJoin, 5, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := validFixture()
			change(w)
			if got := violationsOf(w); len(got) != 0 {
				t.Errorf("got violations %q, want none", got)
			}
		})
	}
}

func TestReadRecords_rejects_invalid_ledgers(t *testing.T) {
	for name, folder := range map[string]fstest.MapFS{
		"a clock that goes back":    {"a.jsonl": {Data: []byte(`{"t":2}` + "\n" + `{"t":1}` + "\n")}},
		"an incomplete line":        {"a.jsonl": {Data: []byte(`{"t":2}` + "\n" + `{"t":`)}},
		"a folder without a ledger": {"a.json": {}},
	} {
		if _, err := readRecords(folder); err == nil {
			t.Errorf("%s: got no error, want one", name)
		}
	}
}

// newDatabase returns a database with one room and one message, which the caller closes.
func newDatabase(t *testing.T, folder string) (path string, db *store.SQLite) {
	t.Helper()
	ctx := t.Context()
	path = filepath.Join(folder, "gifchat.db")
	db, err := store.Open(ctx, path)
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
	return path, db
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The whole program on a database and a folder as a load test leaves them.
func TestRun_ends_with_an_error_when_the_ledger_is_violated(t *testing.T) {
	ctx, folder := t.Context(), t.TempDir()
	database, db := newDatabase(t, folder)
	t.Cleanup(func() { _ = db.Close() }) // open during the check, as with a running server
	writeFile(t, filepath.Join(folder, room+".json"), `[{"room":"`+room+`","seq":1,"_id":"id1","kind":"text","clientId":"a","chat":"hi"}]`)
	line := func(rest string) string { return `{"client":"ann","room":"` + room + `",` + rest + "}\n" }
	sent := line(`"t":1,"op":"join","seq":0`) + line(`"t":2,"op":"send","cid":"a","sha":"`+textDigest("hi")+`"`)
	shown := line(`"t":3,"op":"recv","cid":"a","seq":1,"id":"id1","sha":"` + textDigest("hi") + `"`)
	ledger := filepath.Join(folder, "ann.jsonl")
	args := []string{"check", "-db", database, "-history", folder, folder}

	writeFile(t, ledger, sent+shown)
	var out strings.Builder
	if err := run(ctx, args, &out); err != nil || !strings.Contains(out.String(), "0 violations") {
		t.Errorf("check: got %v, %q, want 0 violations", err, out.String())
	}
	writeFile(t, ledger, sent)
	out.Reset()
	if err := run(ctx, args, &out); !errors.Is(err, errViolations) || !strings.Contains(out.String(), "I9: ") {
		t.Errorf("check: got %v, %q, want %v and I9", err, out.String(), errViolations)
	}
}

func TestRun_fills_a_room_and_checks_the_integrity(t *testing.T) {
	ctx, folder := t.Context(), t.TempDir()
	database, db := newDatabase(t, folder)
	if err := run(ctx, []string{"fill", "-db", database, "-room", room, "-messages", "100"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	next, err := db.AddMessages(ctx, room, []rooms.Message{{ID: "id102", Kind: rooms.KindText, Text: "after"}})
	if err != nil || next[0].Seq != 102 {
		t.Errorf("seq after fill: got %+v, %v, want seq 102", next, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := run(ctx, []string{"integrity", database}, io.Discard); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)-4096:], bytes.Repeat([]byte{0xff}, 64))
	damaged := filepath.Join(folder, "damaged.db")
	writeFile(t, damaged, string(b))
	if err := run(ctx, []string{"integrity", damaged}, io.Discard); err == nil {
		t.Error("integrity of a damaged database: got no error, want one")
	}
}
