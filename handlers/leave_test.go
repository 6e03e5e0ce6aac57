package handlers_test

import (
	"strings"
	"testing"
)

func TestLeave_again_and_again_causes_few_notices(t *testing.T) {
	for name, event := range map[string]string{"leave": `42/chat,2["leave"]`, "DISCONNECT": `41/chat,`} {
		t.Run(name, func(t *testing.T) {
			c := openCompany(t)
			const times = 12
			for range times {
				c.bobSock.send(event)
				if name == "leave" {
					c.bobSock.until(`43/chat,2[{"ok":true`)
				} else {
					c.bobSock.send(`40/chat,`)
					c.bobSock.until(`40/chat,{`)
				}
				c.bobSock.send(`42/chat,3["join","` + c.room + `"]`)
				c.bobSock.until(`43/chat,3[{"ok":true`)
			}
			history := c.ann.get(c.path + "/messages?limit=100").body
			if left := strings.Count(history, "님이 퇴장하셨습니다."); left < 1 || left > times/2 {
				t.Errorf("%d departures: got %d notices, want 1 to %d", times, left, times/2)
			}
		})
	}
}
