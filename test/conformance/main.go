// Command conformance is the server under test for official test suites: those
// of the protocols, of the JavaScript clients, and of socketioxide.
//
//	go run ./test/conformance -suite sio5 -addr 127.0.0.1:3000
//
// The script run-suites.js starts it for each suite and runs the suite.
// docs/protocol.md lists the suites and their results.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// suites has the handler for each value of -suite.
var suites = map[string]func() http.Handler{
	"eio3":          engine,
	"eio4":          engine,
	"sio4":          textSockets,
	"sio5":          textSockets,
	"sio5-msgpack":  msgpackSockets,
	"client":        client,
	"engine-client": engineClient,
}

func main() {
	names := strings.Join(slices.Sorted(maps.Keys(suites)), ", ")
	suite := flag.String("suite", "sio5", "one of "+names)
	addr := flag.String("addr", "127.0.0.1:3000", "address to listen on")
	flag.Parse()
	handler, ok := suites[*suite]
	if !ok {
		fmt.Fprintf(os.Stderr, "conformance: unknown suite %q, want one of %s\n", *suite, names)
		os.Exit(2)
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", *addr)
	if err == nil {
		if *suite == "eio3" {
			listener = delayedListener{listener}
		}
		server := &http.Server{Handler: handler(), ReadHeaderTimeout: 5 * time.Second}
		err = server.Serve(listener)
	}
	fmt.Fprintln(os.Stderr, "conformance:", err)
	os.Exit(1)
}
