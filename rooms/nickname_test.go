package rooms

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckNick(t *testing.T) {
	for nick, want := range map[string]string{
		"": "", "철수": "철수", "  Ada   Lovelace ": "Ada Lovelace", "한": "한", "李": "李", "José": "José",
		"Jose\u0301": "José", "😀 웃음": "😀 웃음", "❤\ufe0f": "❤", "ทดสอบ": "ทดสอบ", "o'Neil-2": "o'Neil-2", strings.Repeat("가", 20): strings.Repeat("가", 20),
	} {
		got, key, err := checkNick(nick)
		if err != nil || got != want || (key == "") != (want == "") {
			t.Errorf("%q: got %q, key %q, %v, want %q", nick, got, key, err, want)
		}
	}
	for nick, reason := range map[string]string{
		strings.Repeat("가", 21): "too_long", "a\x00b": "bad_character", "a\nb": "", "\xff": "bad_character",
		"a\u202eb": "bad_character", "a\u200bb": "bad_character", "\u3164": "bad_character", "a\u3164": "bad_character",
		"\u0301": "bad_character", "q\u0301\u0302\u0303": "bad_character", "a\ufe0eb": "bad_character",
		"a\U000e0041": "bad_character", "\u2800": "bad_character", "#7453ac": "bad_character", "＃7453ac": "bad_character",
		"system": "reserved", "SYSTEM": "reserved", "ѕуѕtеm": "reserved", "시스템": "reserved", "방 장": "reserved", "Ａdmin": "reserved",
	} {
		_, _, err := checkNick(nick)
		if reason == "" {
			if err != nil {
				t.Errorf("%q: %v", nick, err)
			}
			continue
		}
		if invalid, ok := errors.AsType[*InvalidError](err); !ok || invalid.Reason != reason {
			t.Errorf("%q: got %v, want %s", nick, err, reason)
		}
	}
}

func TestNamesThatLookTheSame(t *testing.T) {
	for _, same := range [][]string{
		{"paypal", "PayPal", "раураl", "pay pal", "ｐａｙｐａｌ", "paypaI"},
		{"Bob1", "Bobl", "BOBI", "bob|"},
		{"철수", "철 수"},
		{"O0o", "000", "ooo", "οοο"},
		{"rn", "m"},
	} {
		for _, name := range same[1:] {
			if nickKey(name) != nickKey(same[0]) {
				t.Errorf("%q has key %q, %q has %q", name, nickKey(name), same[0], nickKey(same[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"철수", "철주"}, {"ada", "bob"}, {"bob1", "bob2"}, {"가", "카"}} {
		if nickKey(pair[0]) == nickKey(pair[1]) {
			t.Errorf("%q and %q have one key", pair[0], pair[1])
		}
	}
}

func FuzzNick(f *testing.F) {
	for _, seed := range []string{"철수", "Ada Lovelace", "ѕуѕtеm", "a\u202eb", "#7453ac", "\xff", "😀"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, nick string) {
		kept, key, err := checkNick(nick)
		if err != nil {
			return
		}
		again, sameKey, err := checkNick(kept)
		if err != nil || again != kept || key != sameKey {
			t.Errorf("%q is kept as %q, key %q; that as %q, key %q, %v", nick, kept, key, again, sameKey, err)
		}
		if upper, upperKey, err := checkNick(strings.ToUpper(kept)); err == nil && upper != "" && key != upperKey && strings.ToLower(strings.ToUpper(kept)) == kept {
			t.Errorf("%q has key %q, %q has %q", kept, key, upper, upperKey)
		}
	})
}
