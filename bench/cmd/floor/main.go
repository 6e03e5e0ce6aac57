// Command floor measures the minimum cost of a delivery: it sends one ready
// frame to every member of a room, in the two simplest ways:
//
//	epoll  one thread over epoll, a bare write(2) for each member
//	gonet  a goroutine for each connection; the sender's goroutine writes to all
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:4100", "address to listen on")
	kind := flag.String("kind", "epoll", "epoll or gonet")
	flag.Parse()
	if err := run(*kind, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(kind, listen string) error {
	switch kind {
	case "epoll":
		return serveEpoll(listen)
	case "gonet":
		return serveNet(listen)
	}
	return fmt.Errorf("kind: got %q, want epoll or gonet", kind)
}
