package main

import "testing"

func TestByteSize_parses_units_and_rejects_invalid_text(t *testing.T) {
	for text, want := range map[string]byteSize{
		"0": 0, "5000000": 5_000_000, "4KiB": 4096, "200MiB": 200 << 20, "2 GiB": 2 << 30, "1TiB": 1 << 40,
		"": -1, "MiB": -1, "-1": -1, "-5MiB": -1, "1.5GiB": -1, "200MB": -1, "9000000TiB": -1, "99999999999999999999": -1, "5 MiB MiB": -1,
	} {
		got := byteSize(-1)
		if err := got.UnmarshalText([]byte(text)); (err != nil) != (want < 0) || got != want {
			t.Errorf("UnmarshalText(%q): got %d, %v, want %d", text, got, err, want)
		}
	}
}
