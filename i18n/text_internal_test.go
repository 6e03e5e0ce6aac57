package i18n

import "testing"

func TestSentences_have_both_languages(t *testing.T) {
	for _, table := range []map[string]sentence{sentences, roomScriptSentences} {
		for key, s := range table {
			if s.ko == "" || s.en == "" {
				t.Errorf("%s: got Korean %q and English %q, want both", key, s.ko, s.en)
			}
		}
	}
}

func TestNotice_names_the_person(t *testing.T) {
	for _, tt := range []struct {
		topic, nick string
		want        string
		known       bool
	}{
		{"named", "%c", "#78583a is now called %c.", true},
		{"named", "", "#78583a has no name any more.", true},
		{"muted", "Bob", "Bob was muted.", true},
		{"muted", "", "#78583a was muted.", true},
		{"thawed", "", "The conversation goes on.", true},
		{"another", "", "", false},
	} {
		if got, known := Notice(English, tt.topic, tt.nick, "#78583a"); got != tt.want || known != tt.known {
			t.Errorf("topic %s, name %q: got %q, %t, want %q, %t", tt.topic, tt.nick, got, known, tt.want, tt.known)
		}
	}
}
