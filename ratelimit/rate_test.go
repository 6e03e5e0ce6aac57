package ratelimit_test

import (
	"testing"
	"time"

	"gifchat/ratelimit"
)

func TestRate_text_is_parsed_and_printed(t *testing.T) {
	for text, want := range map[string]ratelimit.Rate{
		"30+10/s": {Burst: 30, Each: 100 * time.Millisecond}, "1+1/h": {Burst: 1, Each: time.Hour},
		"5+30/m": {Burst: 5, Each: 2 * time.Second}, "off": ratelimit.Unlimited,
	} {
		var got ratelimit.Rate
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("UnmarshalText(%q): got %v, %v, want %v", text, got, err, want)
		}
		if got.String() != text {
			t.Errorf("String: got %q, want %q", got, text)
		}
	}
	for _, text := range []string{"", "10", "10/s", "+1/s", "0+1/s", "1+0/s", "1+1/d", "1+1", "-1+1/s", "1+1/s ", "x+1/s", "1000001+1/s", "1+10000000/s"} {
		if got := new(ratelimit.Rate); got.UnmarshalText([]byte(text)) == nil {
			t.Errorf("UnmarshalText(%q): got %v, want an error", text, got)
		}
	}
}
