package store

import (
	"fmt"
	"strings"
	"testing"

	"gifchat/rooms"
)

func TestInSequence_has_one_message_for_each_number(t *testing.T) {
	for name, test := range map[string]struct {
		after int64
		seqs  []int64 // negative: damaged
		want  string  // d: damaged
	}{
		"complete":                    {0, []int64{1, 2, 3}, "1 2 3"},
		"empty":                       {7, nil, ""},
		"complete from number 41":     {-1, []int64{41, 42}, "41 42"},
		"damaged message":             {-1, []int64{41, -42, 43}, "41 d42 43"},
		"damaged number":              {-1, []int64{41, -9000, 43}, "41 d42 43"},
		"damaged number of the first": {-1, []int64{-9000, 42, 43}, "d41 42 43"},
		"damaged number of the last":  {-1, []int64{41, -9000}, "41 d42"},
		"all damaged":                 {-1, []int64{-41, -42}, "d41 d42"},
		"gap":                         {-1, []int64{41, 44}, "41 d42 d43 44"},
		"gap before the first":        {5, []int64{8, 9}, "d6 d7 8 9"},
		"gap and damage":              {-1, []int64{41, -43, 44}, "41 d42 d43 44"},
		"gap above the limit":         {-1, []int64{41, 41 + maxGap + 2}, "error"},
		"gap at the limit":            {5, []int64{5 + maxGap + 1}, lost(6, 5+maxGap) + fmt.Sprint(5+maxGap+1)},
		"number twice":                {-1, []int64{41, 41}, "error"},
		"wrong order":                 {-1, []int64{41, 43, 42}, "error"},
		"more damaged than numbers":   {-1, []int64{41, -5, -6, 43}, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			var messages []rooms.Message
			for _, seq := range test.seqs {
				m := rooms.Message{Seq: seq, Kind: rooms.KindText}
				if seq < 0 {
					m = rooms.Message{Seq: -seq, Kind: rooms.KindDamaged}
				}
				messages = append(messages, m)
			}
			got := "error"
			if test.after < 0 {
				test.after = beforeFirst(messages)
			}
			if whole, err := inSequence("room", messages, test.after); err == nil {
				var words []string
				for _, m := range whole {
					word := fmt.Sprint(m.Seq)
					if m.Kind == rooms.KindDamaged {
						word = "d" + word
					}
					words = append(words, word)
				}
				got = strings.Join(words, " ")
			}
			if got != test.want {
				t.Errorf("inSequence(%v) after %d: got %q, want %q", test.seqs, test.after, got, test.want)
			}
		})
	}
}

// lost returns the text of damaged messages from one number to another.
func lost(from, to int) string {
	var all strings.Builder
	for seq := from; seq <= to; seq++ {
		fmt.Fprintf(&all, "d%d ", seq)
	}
	return all.String()
}
