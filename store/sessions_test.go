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

func TestSessions_are_saved_loaded_and_deleted(t *testing.T) {
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
			t.Fatalf("SaveSession(%q): got %t, %v, want true", id, saved, err)
		}
	}
	const id = "s3cr3t-session-id"
	if got := load(id); got != nil {
		t.Errorf("unknown session: got %q, want nil", got)
	}
	save(id, "one", time.Hour)
	save(id, "two", time.Hour)
	if got := load(id); string(got) != "two" {
		t.Errorf("session saved twice: got %q, want %q", got, "two")
	}
	save("empty", "", time.Hour)
	if got := load("empty"); got == nil || len(got) > 0 {
		t.Errorf("session without data: got %v, want an empty slice", got)
	}
	save("over", "data", -time.Second)
	if got := load("over"); got != nil {
		t.Errorf("expired session: got %q, want nil", got)
	}
	for range 2 {
		if err := s.DeleteVisitor(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if got := load(id); got != nil {
		t.Errorf("deleted session: got %q, want nil", got)
	}
	save(id, "again", time.Hour)
	for _, file := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(id)) {
			t.Errorf("%s: contains the session id %q, want only its hash", filepath.Base(file), id)
		}
	}
}

func TestSaveSession_deletes_expired_sessions(t *testing.T) {
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
		t.Errorf("sessions: got %d, %v, want 1", left, err)
	}
}

func TestRenewSession_replaces_the_session_before(t *testing.T) {
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
		t.Error("RenewSession of an unknown session: got true, want false")
	}
	if !renew("ann1", "ann2", time.Minute) {
		t.Error("RenewSession: got false, want true")
	}
	if data, err := s.LoadSession(ctx, "ann2"); err != nil || string(data) != "ann2" {
		t.Errorf("data of the new session: got %q, %v, want %q", data, err, "ann2")
	}
	if got := live("ann1", "ann2", "bob1", "ann3"); !slices.Equal(got, []bool{true, true, true, false}) {
		t.Errorf("LiveSessions within the grace: got %v, want true, true, true, false", got)
	}
	// A second renewal of the old id fails.
	if renew("ann1", "ann3", time.Minute) || live("ann3")[0] {
		t.Error("RenewSession of a renewed session: got true, want false")
	}
	if saved, err := s.SaveSession(ctx, "ann1", "ann", []byte("revived"), time.Hour); saved || err != nil {
		t.Errorf("SaveSession of a renewed session: got %t, %v, want false", saved, err)
	}
	for id, want := range map[string]bool{"ann1": false, "ann2": true, "nobody": false} {
		if kept, err := s.RefreshSession(ctx, id, []byte("later"), time.Hour); kept != want || err != nil {
			t.Errorf("RefreshSession(%q): got %t, %v, want %t", id, kept, err, want)
		}
	}
	if data, err := s.LoadSession(ctx, "ann2"); err != nil || string(data) != "later" || live("nobody")[0] {
		t.Errorf("data of the refreshed session: got %q, %v, want %q", data, err, "later")
	}
	if !renew("ann2", "ann4", -time.Second) || live("ann2")[0] {
		t.Error("session renewed without a grace: got it live, want it expired")
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
		t.Errorf("LiveVisitors: got %v, want true, false, true", got)
	}
	if err := s.DeleteVisitor(ctx, "ann"); err != nil {
		t.Fatal(err)
	}
	if got := visitors(); !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("LiveVisitors without ann: got %v, want true, false, false", got)
	}
	if got := live("ann", "ann1", "ann2", "ann4", "bob1"); !slices.Equal(got, []bool{false, false, false, false, true}) {
		t.Errorf("LiveSessions without ann: got %v, want only bob1", got)
	}
}

// Sessions from before visitors were stored have an empty visitor. Each of them is
// its own visitor.
func TestSessions_of_an_older_program_have_a_visitor(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path)
	if _, err := s.SaveSession(ctx, "old", "", nil, time.Hour); err != nil {
		t.Fatal(err)
	}
	execute(t, path, "UPDATE sessions SET visitor = x''")
	if got, err := s.LiveVisitors(ctx, []string{"old"}); err != nil || !got[0] {
		t.Errorf("LiveVisitors: got %v, %v, want true", got, err)
	}
	if err := s.DeleteVisitor(ctx, "old"); err != nil {
		t.Fatal(err)
	}
	if data, err := s.LoadSession(ctx, "old"); err != nil || data != nil {
		t.Errorf("deleted session: got %q, %v, want nil", data, err)
	}
}
