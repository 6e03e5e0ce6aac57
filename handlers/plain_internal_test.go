package handlers

import (
	"fmt"
	"log/slog"
	"testing"
)

// One address cannot hold all the connections there may be.
func TestPlainConnectionsAreBounded(t *testing.T) {
	p := newPlainNotice(NoticeConfig{}, nil, false, slog.New(slog.DiscardHandler))
	hold := func(from string) (n int) {
		for p.enter(from) {
			n++
		}
		return n
	}
	if got := hold("one"); got != maxPlainConnsPerSource {
		t.Errorf("from one address: %d", got)
	}
	if !p.enter("another") {
		t.Error("the others are kept out")
	}
	p.leave("another")
	total := maxPlainConnsPerSource
	for i := 0; p.enter(fmt.Sprint(i)); i++ {
		total++
	}
	if total != maxPlainConns {
		t.Errorf("%d in all", total)
	}
	for range maxPlainConnsPerSource {
		p.leave("one")
	}
	for i := range maxPlainConns - maxPlainConnsPerSource {
		p.leave(fmt.Sprint(i))
	}
	if len(p.by) != 0 || p.open != 0 {
		t.Errorf("%d addresses and %d connections are left", len(p.by), p.open)
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
}
