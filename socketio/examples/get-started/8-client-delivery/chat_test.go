package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"gifchat/socketio/sockettest"
)

// The page sends another offset with each connection. It resumes its session
// nevertheless.
func TestChat_recovers_a_client_whose_offset_has_changed(t *testing.T) {
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "chat.db"))
	if err == nil {
		t.Cleanup(func() { _ = db.Close() })
		_, err = db.ExecContext(context.Background(), schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(db)
	t.Cleanup(func() { _ = server.Close(context.Background()) })

	offset := func(n int) sockettest.Option { return sockettest.Auth(map[string]int{"serverOffset": n}) }
	c := sockettest.Dial(t, server, "/", offset(0))
	c.Call("chat message", "hello", "key-1")
	c.Expect("chat message")
	c.Lose()
	c.Reconnect(offset(1))
	if !c.Recovered() {
		t.Error("Reconnect: got a new session, want the session of the lost connection")
	}
	c.ExpectNone()
}
