// Package ratelimit has two kinds of limits for the whole program:
//
//   - Table limits how often something happens, by key: a visitor's messages, an
//     address's connections. Each key has a bucket of the generic cell rate
//     algorithm, and all keys share a table of fixed size.
//   - Counter limits how much of something there is at once, by key and in total:
//     uploads in progress, open connections.
//
// A quota over a period, such as the bytes that a visitor may upload in a day, is
// not part of this package: it has to survive a restart, so the store counts it.
package ratelimit
