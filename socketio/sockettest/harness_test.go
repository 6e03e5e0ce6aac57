package sockettest_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gifchat/socketio"
)

// newServer returns a server that is closed at the end of the test.
func newServer(t testing.TB, cfg socketio.Config) *socketio.Server {
	t.Helper()
	server := socketio.NewServer(cfg)
	t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			t.Errorf("close the server: %v", err)
		}
	})
	return server
}

// recorder is a testing.TB that records how a test fails.
type recorder struct {
	testing.TB

	cleanups []func()
	failure  string // the first message
	line     string // of the test, such as "failure_test.go:12"
	helpers  []string
}

// record runs a test and returns its recorder.
func record(t *testing.T, test func(testing.TB)) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, fn := range slices.Backward(r.cleanups) {
				fn()
			}
		}()
		test(r)
	}()
	<-done
	return r
}

func (r *recorder) Cleanup(fn func()) { r.cleanups = append(r.cleanups, fn) }

// Helper records the calling function, as package testing does.
func (r *recorder) Helper() {
	var pc [1]uintptr
	runtime.Callers(2, pc[:])
	frame, _ := runtime.CallersFrames(pc[:]).Next()
	r.helpers = append(r.helpers, frame.Function)
}

func (r *recorder) Fatal(args ...any) { r.fail(fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }

func (r *recorder) Errorf(format string, args ...any) {
	if r.failure == "" {
		r.failure = fmt.Sprintf(format, args...)
	}
}

// fail records the first line that is not in a helper, and ends the goroutine.
func (r *recorder) fail(message string) {
	r.failure = message
	var pc [20]uintptr
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc[:])])
	for more := true; more; {
		var frame runtime.Frame
		frame, more = frames.Next()
		if !slices.Contains(r.helpers, frame.Function) {
			r.line = fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
			break
		}
	}
	runtime.Goexit()
}

// want checks the message and that the line is in a file of tests.
func (r *recorder) want(t *testing.T, message string) {
	t.Helper()
	if r.failure != message {
		t.Errorf("failure: got %q, want %q", r.failure, message)
	}
	if message != "" && !strings.HasPrefix(r.line, "failure_test.go:") {
		t.Errorf("line: got %q, want that of the test", r.line)
	}
}
