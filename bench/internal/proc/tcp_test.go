package proc

import (
	"net"
	"net/netip"
	"testing"
)

func TestPeers_lists_established_connections_only(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	server := netip.MustParseAddrPort(listener.Addr().String())
	dial := func() (client, accepted net.Conn, address netip.AddrPort) {
		client, err := net.Dial("tcp4", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		if accepted, err = listener.Accept(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = accepted.Close() })
		return client, accepted, netip.MustParseAddrPort(client.LocalAddr().String())
	}
	_, _, open := dial()
	_, closing, closed := dial()
	_, _ = closing.Write(make([]byte, 1<<10)) // the client does not read it
	_ = closing.Close()
	got, err := Peers(server)
	if err != nil || !got[open] || got[closed] || len(got) != 1 {
		t.Errorf("got %v, error %v, want only %v", got, err, open)
	}
}
