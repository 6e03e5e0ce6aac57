package main

import (
	"strings"
	"testing"
)

func TestAcknowledge_counts_each_outstanding_message_once(t *testing.T) {
	l := &loader{config: config{workload: "chat"}}
	c := &conn{chat: &chatClient{sentAt: map[int]int64{1: now(), 2: now()}}}
	for _, tt := range []struct {
		packet       string
		err          string
		acknowledged int64
		ready        int
	}{
		{`0[{"ok":true,"user":"#aabbcc"}]`, "", 0, 1},
		{`2[{"ok":true,"_id":"b","seq":2}]`, "", 1, 1},
		{`1[{"ok":true,"_id":"a","seq":1}]`, "", 2, 1},
		{`1[{"ok":true,"_id":"a","seq":1}]`, "no outstanding message", 2, 1},
		{`3[{"ok":false,"reason":"rate_limited"}]`, "refused", 2, 1},
	} {
		err := l.acknowledge(c, []byte(tt.packet))
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got error %v, want %q", tt.packet, err, tt.err)
		}
		if l.units() != tt.acknowledged || l.ready != tt.ready {
			t.Errorf("%s: got %d acknowledged and %d ready, want %d and %d", tt.packet, l.units(), l.ready, tt.acknowledged, tt.ready)
		}
	}
}

func TestIsRoomEvent(t *testing.T) {
	for packet, want := range map[string]bool{
		`42/chat,["participants",{"room":"a"}]`:    true,
		`42/chat,["join",{"room":"a"}]`:            true,
		`42/chat,["chat",{"room":"a"}]`:            false,
		`42/chat,["error-message",{"ok":false}]`:   false,
		`42["room",{"room":"in the namespace /"}]`: false,
	} {
		if got := isRoomEvent([]byte(packet)); got != want {
			t.Errorf("%s: got %v, want %v", packet, got, want)
		}
	}
}
