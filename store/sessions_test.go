package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestSessions(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path)
	load := func(id string) []byte {
		t.Helper()
		data, err := s.LoadSession(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	save := func(id, data string, ttl time.Duration) {
		t.Helper()
		if saved, err := s.SaveSession(ctx, id, id, []byte(data), ttl); err != nil || !saved {
			t.Fatal(saved, err)
		}
	}
	const id = "s3cr3t-session-id"
	if got := load(id); got != nil {
		t.Errorf("an unknown session: got %q, want nil", got)
	}
	save(id, "one", time.Hour)
	save(id, "two", time.Hour)
	if got := load(id); string(got) != "two" {
		t.Errorf("got %q, want two", got)
	}
	save("empty", "", time.Hour)
	if got := load("empty"); got == nil || len(got) > 0 {
		t.Errorf("a session without data: got %v, want an empty slice", got)
	}
	save("over", "data", -time.Second)
	if got := load("over"); got != nil {
		t.Errorf("an expired session: got %q, want nil", got)
	}
	for range 2 {
		if err := s.DeleteVisitor(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if got := load(id); got != nil {
		t.Errorf("a deleted session: got %q, want nil", got)
	}
	save(id, "again", time.Hour)
	for _, file := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(id)) {
			t.Errorf("%s holds the session's id", filepath.Base(file))
		}
	}
}

func TestExpiredSessionsAreSweptByLaterOnes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path)
	for i := range 20 {
		if _, err := s.SaveSession(t.Context(), fmt.Sprint(i), "v", nil, -time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.SaveSession(t.Context(), "last", "v", nil, time.Hour); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var left int
	if err := db.QueryRow("SELECT count(*) FROM sessions").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d sessions are left, %v, want 1", left, err)
	}
}

func TestARenewedSessionTakesThePlaceOfTheOneBefore(t *testing.T) {
	ctx := t.Context()
	s := open(t, filepath.Join(t.TempDir(), "chat.db"))
	live := func(ids ...string) []bool {
		t.Helper()
		got, err := s.LiveSessions(ctx, ids)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	renew := func(before, id string, grace time.Duration) bool {
		t.Helper()
		renewed, err := s.RenewSession(ctx, before, id, "ann", []byte(id), time.Hour, grace)
		if err != nil {
			t.Fatal(err)
		}
		return renewed
	}
	for id, visitor := range map[string]string{"ann1": "ann", "ann": "ann", "bob1": "bob"} {
		if _, err := s.SaveSession(ctx, id, visitor, nil, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if renew("nobody", "ann0", 0) || live("ann0")[0] {
		t.Error("a session that there is not was renewed")
	}
	if !renew("ann1", "ann2", time.Minute) {
		t.Error("a session was not renewed")
	}
	if data, err := s.LoadSession(ctx, "ann2"); err != nil || string(data) != "ann2" {
		t.Errorf("the new one: got %q, %v", data, err)
	}
	if got := live("ann1", "ann2", "bob1", "ann3"); !slices.Equal(got, []bool{true, true, true, false}) {
		t.Errorf("within the grace: got %v", got)
	}
	// Who holds the old id has lost the race for good.
	if renew("ann1", "ann3", time.Minute) || live("ann3")[0] {
		t.Error("a renewed session was renewed again")
	}
	if saved, err := s.SaveSession(ctx, "ann1", "ann", []byte("revived"), time.Hour); saved || err != nil {
		t.Errorf("a renewed session was saved again: %t, %v", saved, err)
	}
	for id, there := range map[string]bool{"ann1": false, "ann2": true, "nobody": false} {
		if kept, err := s.RefreshSession(ctx, id, []byte("later"), time.Hour); kept != there || err != nil {
			t.Errorf("%s was refreshed: %t, %v", id, kept, err)
		}
	}
	if data, err := s.LoadSession(ctx, "ann2"); err != nil || string(data) != "later" || live("nobody")[0] {
		t.Errorf("refreshed: got %q, %v", data, err)
	}
	if !renew("ann2", "ann4", -time.Second) || live("ann2")[0] {
		t.Error("without a grace the session before lives on")
	}

	visitors := func() []bool {
		t.Helper()
		got, err := s.LiveVisitors(ctx, []string{"bob", "nobody", "ann"})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := visitors(); !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("visitors: got %v", got)
	}
	if err := s.DeleteVisitor(ctx, "ann"); err != nil {
		t.Fatal(err)
	}
	if got := visitors(); !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("visitors without ann: got %v", got)
	}
	if got := live("ann", "ann1", "ann2", "ann4", "bob1"); !slices.Equal(got, []bool{false, false, false, false, true}) {
		t.Errorf("without ann: got %v", got)
	}
}

// A row of the program before this one, which knows of no visitors, is its own
// visitor.
func TestSessionsOfAnOlderProgramHaveAVisitor(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path)
	if _, err := s.SaveSession(ctx, "old", "", nil, time.Hour); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "UPDATE sessions SET visitor = x''")
	if got, err := s.LiveVisitors(ctx, []string{"old"}); err != nil || !got[0] {
		t.Errorf("got %v, %v", got, err)
	}
	if err := s.DeleteVisitor(ctx, "old"); err != nil {
		t.Fatal(err)
	}
	if data, err := s.LoadSession(ctx, "old"); err != nil || data != nil {
		t.Errorf("deleted: got %q, %v", data, err)
	}
}
