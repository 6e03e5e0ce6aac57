package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes. Its text is a number with an optional unit:
// 5000000, 200MiB, 1GiB.
type byteSize int64

var errByteSize = errors.New("not a number of bytes")

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *byteSize) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for suffix, size := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40} {
		if before, found := strings.CutSuffix(number, suffix); found {
			number, unit = strings.TrimSpace(before), size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return errByteSize
	}
	*b = byteSize(n * unit)
	return nil
}
