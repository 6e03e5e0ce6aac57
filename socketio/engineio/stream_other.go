//go:build !linux

package engineio

import "net"

// newStream leaves all waiting to package net.
func newStream(conn net.Conn) stream { return &blockingStream{conn: conn} }
