// Command floor holds the two plainest ways to send one ready-made frame to
// every member of a room, so that there is a least that a delivery can cost:
//
//	epoll  one thread over epoll, a bare write(2) for each member
//	gonet  a goroutine for each connection; the sender's goroutine writes to all
package main

import (
	"errors"
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
	return errors.New("no kind " + kind)
}
