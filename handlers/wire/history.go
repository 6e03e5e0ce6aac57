package wire

import (
	"context"

	"gifchat/rooms"
)

// MaxPage is the number of messages or whispers that a page has at most.
const MaxPage = 100

const (
	// maxText is the size of an answer in bytes, as far as its messages differ in
	// length. With what else waits for a client, the answer must fit into the queue of
	// its connection (MaxQueueBytes of engineio). Otherwise a client that asks for the
	// messages it missed in a busy room would be cut as too slow, and ask again.
	maxText = 250_000

	// messageOverhead is the size of a message without its texts: keys, ids and dates.
	// gifOverhead comes on top of it for a GIF.
	messageOverhead = 350
	gifOverhead     = 250
)

// HistoryReader is the part of rooms.Chat that ReadHistory needs.
type HistoryReader interface {
	History(ctx context.Context, v rooms.Visitor, id rooms.ID, p rooms.Page) ([]rooms.Message, error)
}

// ReadHistory reads a page of a room's history that fits into an answer, and
// whether more messages follow in the direction of the page.
func ReadHistory(ctx context.Context, chat HistoryReader, v rooms.Visitor, id rooms.ID, p rooms.Page) (page []rooms.Message, more bool, err error) {
	limit := p.Limit
	p.Limit++ // one more message shows whether there are more
	messages, err := chat.History(ctx, v, id, p)
	if err != nil {
		return nil, false, err
	}
	page = messages[:min(limit, len(messages))]
	if p.After == 0 { // towards the oldest
		page = messages[max(0, len(messages)-limit):]
	}
	page = fit(page, p.After == 0, messageSize)
	return page, len(page) < len(messages), nil
}

// FitMessages returns as many of the first messages as fit into an answer, at least
// one.
func FitMessages(list []rooms.Message) []rooms.Message { return fit(list, false, messageSize) }

// FitWhispers returns as many of the first whispers as fit into an answer, at least
// one.
func FitWhispers(list []rooms.Whisper) []rooms.Whisper { return fit(list, false, whisperSize) }

// fit returns as many items as fit into an answer, at least one: the last items or
// the first.
func fit[T any](list []T, last bool, size func(T) int) []T {
	for i, left := 0, maxText; i < len(list); i++ {
		if last {
			left -= size(list[len(list)-1-i])
		} else {
			left -= size(list[i])
		}
		switch {
		case left >= 0 || i == 0:
		case last:
			return list[len(list)-i:]
		default:
			return list[:i]
		}
	}
	return list
}

// messageSize returns an upper bound of the size of a message in an answer, in
// bytes.
func messageSize(m rooms.Message) int {
	n := messageOverhead + jsonSize(m.Text) + jsonSize(m.Nick) + jsonSize(m.ClientID)
	if m.GIF != nil {
		n += gifOverhead + jsonSize(m.GIF.Alt)
	}
	return n
}

// whisperSize returns an upper bound of the size of a whisper in an answer, in
// bytes.
func whisperSize(w rooms.Whisper) int {
	return messageOverhead + jsonSize(w.Text) + jsonSize(w.From.Nick) + jsonSize(w.To.Nick) + jsonSize(w.ClientID)
}

// jsonSize returns an upper bound of the size of a text in JSON, in bytes.
func jsonSize(text string) int {
	n := len(text)
	for _, r := range text {
		switch {
		case r < ' ':
			n += 5 // \u0001
		case r == '"', r == '\\':
			n++
		case r == '\u2028', r == '\u2029':
			n += 3
		}
	}
	return n
}
