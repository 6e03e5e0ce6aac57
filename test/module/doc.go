// Package module tests the repository as a Go module: that `make module` gives
// it another path, and what a program gets that imports package socketio.
package module
