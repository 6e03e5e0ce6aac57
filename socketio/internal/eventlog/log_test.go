package eventlog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gifchat/socketio/engineio"
)

var start = time.Unix(0, 0)

// filled returns a log of n events of 100 bytes, emitted one second apart. The
// first was emitted at start plus one second.
func filled(n int) *Log {
	l := new(Log)
	for i := range n {
		text := fmt.Sprintf("%0100d", i)
		l.Add(Entry{
			Number: uint64(i + 1), Time: start.Add(time.Duration(i+1) * time.Second),
			Key: fmt.Sprint(i % 2), Packet: engineio.Prepare([]byte(text)),
		})
	}
	return l
}

func numbers(entries []Entry) []uint64 {
	var list []uint64
	for _, e := range entries {
		list = append(list, e.Number)
	}
	return list
}

func TestLog_after_returns_later_events_or_reports_evicted_ones(t *testing.T) {
	l := filled(5)
	l.Trim(time.Time{}, 3, 1<<20)
	for number, want := range map[uint64][]uint64{2: {3, 4, 5}, 4: {5}, 5: nil} {
		if got, ok := l.After(number); !ok || !slices.Equal(numbers(got), want) {
			t.Errorf("After(%d): got %v, %v, want %v", number, numbers(got), ok, want)
		}
	}
	for _, number := range []uint64{0, 1, 6} {
		if got, ok := l.After(number); ok {
			t.Errorf("After(%d): got %v, want not ok", number, numbers(got))
		}
	}
	if got, ok := new(Log).After(0); !ok || len(got) > 0 {
		t.Errorf("After(0) of an empty log: got %v, %v, want none", got, ok)
	}
}

func TestLog_trim_evicts_the_oldest(t *testing.T) {
	size := 100 + Overhead
	for name, tt := range map[string]struct {
		oldest           time.Time
		events, bytes, n int
	}{
		"none":      {time.Time{}, 5, 5 * size, 5},
		"by number": {time.Time{}, 4, 5 * size, 4},
		"by bytes":  {time.Time{}, 5, 4*size - 1, 3},
		"by age":    {start.Add(3 * time.Second), 5, 5 * size, 2},
		"all":       {start.Add(time.Hour), 5, 5 * size, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := filled(5)
			l.Trim(tt.oldest, tt.events, tt.bytes)
			if l.Len() != tt.n || l.Last() != 5 || l.bytes != tt.n*size {
				t.Errorf("got %d events, last %d, %d bytes, want %d, 5, %d", l.Len(), l.Last(), l.bytes, tt.n, tt.n*size)
			}
		})
	}
}

func TestLog_replace_keeps_numbers_and_counts_bytes(t *testing.T) {
	l := filled(4)
	l.Trim(time.Time{}, 3, 1<<20)
	if got := numbers(l.Keyed("1")); !slices.Equal(got, []uint64{2, 4}) {
		t.Fatalf("Keyed: got %v, want [2 4]", got)
	}
	l.Replace(2, nil)
	l.Replace(4, engineio.Prepare([]byte("short"), []byte("attachment")))
	l.Replace(1, nil) // evicted
	l.Replace(5, nil) // not there yet
	if got := numbers(l.Keyed("1")); !slices.Equal(got, []uint64{4}) {
		t.Errorf("Keyed after a drop: got %v, want [4]", got)
	}
	if want := 3*Overhead + 100 + len("short") + len("attachment"); l.bytes != want {
		t.Errorf("got %d bytes, want %d", l.bytes, want)
	}
	entries, ok := l.After(1)
	if !ok || !slices.Equal(numbers(entries), []uint64{2, 3, 4}) || entries[0].Packet != nil {
		t.Errorf("After(1): got %v, %v, want 2 without a packet, 3, 4", numbers(entries), ok)
	}
	l.Trim(time.Time{}, 0, 0)
	if l.bytes != 0 {
		t.Errorf("an empty log: got %d bytes, want 0", l.bytes)
	}
}

func TestOffsets_parse_accepts_only_its_own_log(t *testing.T) {
	o, other := NewOffsets(), NewOffsets()
	packet := []byte(`42["e"` + o.Blank())
	Write(packet, 1<<40+7)
	offset := strings.TrimSuffix(strings.TrimPrefix(string(packet), `42["e","`), `"]`)
	if number, known, ok := o.Parse(offset); number != 1<<40+7 || !known || !ok {
		t.Errorf("Parse(%q): got %d, %v, %v, want its number", offset, number, known, ok)
	}
	if _, known, ok := other.Parse(offset); known || !ok {
		t.Errorf("Parse(%q) by another log: got known %v, ok %v, want unknown and ok", offset, known, ok)
	}
	for _, malformed := range []string{"", "hello", offset + "A", offset[:6] + "????????"} {
		if _, _, ok := o.Parse(malformed); ok {
			t.Errorf("Parse(%q): got ok, want not ok", malformed)
		}
	}
}
