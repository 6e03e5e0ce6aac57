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

// op is an action of a client or an event that it received.
type op string

const (
	opSend      op = "send"      // the client sends a message, again for each retry: cid, sha
	opAck       op = "ack"       // the server has stored the message: cid, seq, id
	opNack      op = "nack"      // the server has rejected the message: cid, reason
	opRecv      op = "recv"      // a message was received live: seq, id, sha, cid
	opRecovered op = "recovered" // a message was received after a request for missed messages: seq, id, sha, cid
	opGap       op = "gap"       // a later message arrived, or is known to exist, before the earlier ones: seq
	opNotified  op = "notified"  // another event of a room was received: reason is the event's name; other fields as far as it has them
	opJoin      op = "join"      // the client has joined the room: seq is the newest message, or 0 if it continues; reason is its color
	opLeave     op = "leave"     // the client has left the room by itself
	opClose     op = "close"     // the connection has ended: reason
)

// record is one line of a client's ledger.
type record struct {
	T      float64 `json:"t"` // milliseconds on a monotonic clock that all clients share
	Client string  `json:"client"`
	Conn   int     `json:"conn"` // number of the client's connection
	Room   string  `json:"room"`
	Op     op      `json:"op"`
	CID    string  `json:"cid"` // client id of a message
	Seq    int64   `json:"seq"`
	ID     string  `json:"id"`
	SHA    string  `json:"sha"` // digest of the message's text, see textDigest
	Reason string  `json:"reason"`
}

// readRecords reads all *.jsonl files of a folder. It returns the records by time, those
// of one client in the order of its file.
func readRecords(folder fs.FS) ([]record, error) {
	names, err := fs.Glob(folder, "*.jsonl")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("no *.jsonl file in the folder")
	}
	var all []record
	for _, name := range names {
		records, err := readRecordFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, records...)
	}
	slices.SortStableFunc(all, func(a, b record) int { return cmp.Compare(a.T, b.T) })
	return all, nil
}

func readRecordFile(folder fs.FS, name string) ([]record, error) {
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
