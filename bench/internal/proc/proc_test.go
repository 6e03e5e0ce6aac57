package proc

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestParseStat_accepts_spaces_in_the_command(t *testing.T) {
	user, sys, err := parseStat([]byte("12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0"))
	if err != nil || user != 2.5 || sys != 0.5 {
		t.Errorf("got user %v, system %v, error %v, want 2.5 and 0.5", user, sys, err)
	}
	if _, _, err := parseStat([]byte("12 (a) S 1")); err == nil {
		t.Error("truncated line: got no error, want one")
	}
}

func TestParseRSS_returns_bytes(t *testing.T) {
	got, err := parseRSS([]byte("Name:\tx\nVmRSS:\t    1234 kB\n"))
	if err != nil || got != 1234<<10 {
		t.Errorf("got %v, error %v, want %v", got, err, 1234<<10)
	}
}

func TestParseBusy_leaves_out_idle_time_and_guests(t *testing.T) {
	if got := parseBusy([]byte("cpu  100 0 100 9999 9999 0 0 100 7777 7777\ncpu0 1\n")); got != 3 {
		t.Errorf("got %v, want 3", got)
	}
}

func TestRead_returns_the_usage_of_this_process(t *testing.T) {
	u, err := Read(os.Getpid())
	if err != nil || u.RSS < 1<<20 {
		t.Errorf("got %+v, error %v, want more than 1 MiB of memory", u, err)
	}
}

func TestPeak_counts_from_reset(t *testing.T) {
	const size = 64 << 20
	touch := func() {
		touched := make([]byte, size)
		for i := 0; i < size; i += 4096 {
			touched[i] = 1
		}
		runtime.KeepAlive(touched)
		debug.FreeOSMemory()
	}
	peak := func() int64 {
		got, err := Peak(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	touch()
	first := peak()
	if err := ResetPeak(os.Getpid()); err != nil {
		t.Fatal(err)
	}
	reset := peak()
	if reset > first-size/2 {
		t.Errorf("got %d after the reset, want at most %d", reset, first-size/2)
	}
	touch()
	if got := peak(); got < reset+size/2 {
		t.Errorf("got %d after touching %d bytes, want at least %d", got, size, reset+size/2)
	}
}
