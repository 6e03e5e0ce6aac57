package rawjson_test

import (
	"testing"

	"gifchat/socketio/internal/rawjson"
)

func TestInlined_returns_what_AppendInline_wrote(t *testing.T) {
	for _, data := range []string{"", "GIF89a", "\x00\xff"} {
		text := rawjson.AppendInline([]byte("["), []byte(data))
		text = append(text, ']')
		found := rawjson.FindPlaceholders(text)
		if len(found) != 1 || !rawjson.HasInline(text) {
			t.Fatalf("%q: got %d placeholders, want 1", data, len(found))
		}
		if got, ok := found[0].Inlined(); !ok || string(got) != data {
			t.Errorf("Inlined: got %q, %t, want %q", got, ok, data)
		}
	}
	for _, num := range []string{"0", `"0"`, `"AAAAAAAAAAAAAAAA:R0lG"`} {
		if got, ok := (rawjson.Placeholder{Num: []byte(num)}).Inlined(); ok {
			t.Errorf("Inlined of %s: got %q, want none", num, got)
		}
	}
}
