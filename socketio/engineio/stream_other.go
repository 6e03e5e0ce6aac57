//go:build !linux

package engineio

import "net"

// newStream returns a stream that leaves blocking to package net.
func newStream(conn net.Conn) stream { return &blockingStream{conn: conn} }
