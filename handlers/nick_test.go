package handlers_test

import (
	"strings"
	"testing"
)

func TestNick_refusal_says_why(t *testing.T) {
	h := open(t, noLimits)
	ann, bob := h.visitor(t), h.visitor(t)
	path := ann.makeRoom("방", "")
	room := strings.TrimPrefix(path, "/room/")
	bob.get(path)
	dial := func(b *browser, language string) *wire {
		w := h.dial(t, "/chat", "", b, "Accept-Language", language)
		w.send(`42/chat,1["join","` + room + `"]`)
		w.until(`43/chat,1[`)
		return w
	}
	a := dial(ann, "ko")
	a.send(`42/chat,2["nick","BOB"]`)
	a.until(`43/chat,2[{"ok":true`)
	for language, sentences := range map[string]map[string]string{
		"ko": {
			"ВОВ":     `"reason":"nick_taken","message":"누가 이미 쓰는 이름이거나, 그 이름과 비슷해 보여요. 다른 이름을 골라 주세요."`,
			"방장님":     `"reason":"invalid","field":"nick","message":"‘관리자’처럼 헷갈릴 수 있는 이름은 쓸 수 없어요."`,
			"♯1b7e6e": `"reason":"invalid","field":"nick","message":"‘#1b7e6e’처럼 색으로 보이는 이름은 쓸 수 없어요."`,
			"ㅤ":       `"reason":"invalid","field":"nick","message":"이 이름은 쓸 수 없어요. 20자까지, 눈에 보이는 글자로 적어 주세요."`,
		},
		"en": {
			"b0b":     `"reason":"nick_taken","message":"Somebody here already has that name, or one that looks like it. Please choose another."`,
			"ΑDΜΙΝ":   `"reason":"invalid","field":"nick","message":"Names like “admin” are not allowed, because people could take them for the chat’s own."`,
			"#7453ac": `"reason":"invalid","field":"nick","message":"Names that look like a colour, such as “#1b7e6e”, are not allowed."`,
			"\u200b":  `"reason":"invalid","field":"nick","message":"That name cannot be used. Use up to 20 visible characters."`,
		},
	} {
		b := dial(bob, language)
		for nick, want := range sentences {
			b.send(`42/chat,3["nick","` + nick + `"]`)
			if got := b.until(`43/chat,3[`); !strings.Contains(got, want) {
				t.Errorf("%s in %s: got %s, want %s", nick, language, got, want)
			}
			a.send(`42/chat,3["token",{"nick":"` + nick + `"}]`) // the name of a program
			reason, _, _ := strings.Cut(want, `,"message"`)
			if got := a.until(`43/chat,3[`); !strings.Contains(got, reason) {
				t.Errorf("a token named %s: got %s, want %s", nick, got, reason)
			}
		}
	}
}
