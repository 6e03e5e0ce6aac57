package main

import (
	"context"
	"testing"

	"gifchat/socketio/sockettest"
)

func TestChat_sends_a_message_to_the_others_in_the_room(t *testing.T) {
	server := newServer()
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	ann, bob := sockettest.Dial(t, server, "/chat"), sockettest.Dial(t, server, "/chat")
	ann.Call("join", "kitchen") // waits for the acknowledgement
	bob.Call("join", "kitchen")

	var answer, said message
	ann.Call("say", message{Room: "kitchen", Text: "soup"}).Bind(&answer)
	bob.Expect("said").Bind(&said) // the next event, which must be "said"
	ann.ExpectNone()               // the server has sent nothing else to ann
	if want := (message{From: ann.ID(), Room: "kitchen", Text: "soup"}); answer != want || said != want {
		t.Errorf("message: got %v and %v, want %v", answer, said, want)
	}
}

func TestChat_refuses_an_empty_message(t *testing.T) {
	server := newServer()
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	ann := sockettest.Dial(t, server, "/chat")

	if got := ann.CallError("say", message{Room: "kitchen"}); got.Message != "write something" {
		t.Errorf("refusal: got %q, want %q", got.Message, "write something")
	}
}
