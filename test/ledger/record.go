package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// op is what a client did or saw.
type op string

const (
	opSend      op = "send"      // a message leaves, again for each retry: cid, sha
	opAck       op = "ack"       // the server has stored it: cid, seq, id
	opNack      op = "nack"      // the server has refused it: cid, reason
	opRecv      op = "recv"      // shown as it came: seq, id, sha, cid
	opRecovered op = "recovered" // shown because the client asked what it had missed: the same
	opGap       op = "gap"       // seq came, or was known of, and those before it had not: seq
	opTold      op = "told"      // something else came that names a room: reason is the event, and what it has of the rest
	opJoin      op = "join"      // in the room: seq is what the client starts from, 0 if it goes on where it was; reason is its colour
	opLeave     op = "leave"     // out of the room, by its own will
	opClose     op = "close"     // the connection has ended: reason
)

// record is a line of a client's ledger.
type record struct {
	T      float64 `json:"t"` // milliseconds on a clock that all clients share and that only grows
	Client string  `json:"client"`
	Conn   int     `json:"conn"` // the number of the client's connection
	Room   string  `json:"room"`
	Op     op      `json:"op"`
	CID    string  `json:"cid"` // the client's own name for a message
	Seq    int64   `json:"seq"`
	ID     string  `json:"id"`
	SHA    string  `json:"sha"` // of the message's text; see digest
	Reason string  `json:"reason"`
}

// readLedgers reads all *.jsonl of a folder and returns the records by time,
// those of one client in the order of its file.
func readLedgers(folder fs.FS) ([]record, error) {
	names, err := fs.Glob(folder, "*.jsonl")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("there is none")
	}
	var all []record
	for _, name := range names {
		records, err := readLedger(folder, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, records...)
	}
	slices.SortStableFunc(all, func(a, b record) int { return cmp.Compare(a.T, b.T) })
	return all, nil
}

func readLedger(folder fs.FS, name string) ([]record, error) {
	content, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	var records []record
	for line := range bytes.Lines(content) {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(records)+1, err)
		}
		if n := len(records); n > 0 && r.T < records[n-1].T {
			return nil, fmt.Errorf("line %d: the clock went back", n+1)
		}
		records = append(records, r)
	}
	return records, nil
}
