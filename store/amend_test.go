package store

import (
	"strings"
	"testing"
)

// A removal in a room of a million messages must not delay other changes.
func TestAmend_removal_searches_an_index(t *testing.T) {
	s := openTest(t)
	plan, err := query(t.Context(), s.read, func(row scanner) (step string, err error) {
		var number, parent, unused int
		err = row.Scan(&number, &parent, &unused, &step)
		return step, err
	}, "EXPLAIN QUERY PLAN "+selectEdits, "room", 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(plan) != 1 || !strings.Contains(plan[0], "INDEX messages_by_target (room=? AND target=?)") {
		t.Errorf("query plan of selectEdits: got %q, want a search of messages_by_target", plan)
	}
}
