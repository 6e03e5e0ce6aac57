package proc

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// Peers returns the remote addresses of a server's established IPv4
// connections. A connection that the server has closed is not established,
// even while the kernel still sends bytes that were written before.
func Peers(server netip.AddrPort) (map[netip.AddrPort]bool, error) {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		return nil, err
	}
	return parsePeers(table, server), nil
}

// parsePeers reads proc_net_tcp(5): each line has local_address,
// rem_address and st as its second to fourth field.
func parsePeers(table []byte, server netip.AddrPort) map[netip.AddrPort]bool {
	const established = "01"
	peers := make(map[netip.AddrPort]bool)
	local := hexAddress(server)
	for line := range bytes.Lines(table) {
		if !bytes.Contains(line, []byte(local)) {
			continue
		}
		fields := strings.Fields(string(line))
		if len(fields) < 4 || fields[1] != local || fields[3] != established {
			continue
		}
		if peer, ok := parseHexAddress(fields[2]); ok {
			peers[peer] = true
		}
	}
	return peers
}

// hexAddress formats an address as in the table of a little-endian machine.
func hexAddress(a netip.AddrPort) string {
	b := a.Addr().As4()
	return fmt.Sprintf("%02X%02X%02X%02X:%04X", b[3], b[2], b[1], b[0], a.Port())
}

func parseHexAddress(s string) (a netip.AddrPort, ok bool) {
	var b [4]byte
	var port uint16
	if _, err := fmt.Sscanf(s, "%02X%02X%02X%02X:%04X", &b[3], &b[2], &b[1], &b[0], &port); err != nil {
		return a, false
	}
	return netip.AddrPortFrom(netip.AddrFrom4(b), port), true
}
