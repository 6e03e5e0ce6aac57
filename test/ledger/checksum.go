package main

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"modernc.org/sqlite"
)

func init() {
	sqlite.MustRegisterDeterministicScalarFunction("sum_of", 7, rowChecksum)
}

// rowChecksum returns the checksum that the server stores in a row to detect changes by the
// disk: a CRC-32C of all columns, plus 1<<32. It repeats the algorithm of store/checksum.go, so
// that an error in one of them is visible as damaged rows. The arguments are id, room,
// color, session, text (also the client id), seq and time.
func rowChecksum(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	var words [5]string
	var numbers [2]int64
	for i := range words {
		word, ok := args[i].(string)
		if !ok {
			return nil, fmt.Errorf("sum_of: argument %d is not text", i+1)
		}
		words[i] = word
	}
	for i := range numbers {
		number, ok := args[len(words)+i].(int64)
		if !ok {
			return nil, fmt.Errorf("sum_of: argument %d is not a number", len(words)+i+1)
		}
		numbers[i] = number
	}
	id, room, color, session, text := words[0], words[1], words[2], words[3], words[4]
	row := make([]byte, 0, 256)
	for _, column := range []string{id, room, "text", color, "", session, text, text, "", "", "", "", ""} {
		row = append(binary.AppendUvarint(row, uint64(len(column))), column...)
	}
	for _, column := range []int64{numbers[0], numbers[1], 0, 0, 0, 0, 0, 0, 0, 0} {
		row = binary.BigEndian.AppendUint64(row, uint64(column)) //nolint:gosec // all 64 bits are kept
	}
	return 1<<32 | int64(crc32.Checksum(row, crc32.MakeTable(crc32.Castagnoli))), nil
}
