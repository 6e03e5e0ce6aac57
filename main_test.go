package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program is a running server in this process.
type program struct {
	url  string
	dir  string
	logs *logBuffer
	stop context.CancelFunc
	done chan error
}

// start calls run with a free port and waits until it listens.
func start(t *testing.T, dir string, settings map[string]string) *program {
	t.Helper()
	t.Chdir(t.TempDir()) // so that a developer's .env is not read
	values := map[string]string{"PORT": "0", "HOST": "127.0.0.1", "DATA_DIR": dir}
	maps.Copy(values, settings)
	ctx, cancel := context.WithCancel(t.Context())
	p := &program{dir: dir, logs: new(logBuffer), stop: cancel, done: make(chan error, 1)}
	go func() { p.done <- run(ctx, environment(values), p.logs) }()
	t.Cleanup(func() {
		cancel()
		p.done <- <-p.done // wait for the result and keep it for end
	})

	listening := regexp.MustCompile(`msg=listening addr=(\S+)`)
	for timeout := time.After(20 * time.Second); ; {
		logs, changed := p.logs.read()
		if m := listening.FindStringSubmatch(logs); m != nil {
			p.url = "http://" + m[1]
			return p
		}
		select {
		case <-changed:
		case err := <-p.done:
			p.done <- err
			t.Fatalf("run: got %v before it listened, want a running server\n%s", err, p.logs)
		case <-timeout:
			t.Fatalf("run: got no log line with the address in 20 s, want one:\n%s", p.logs)
		}
	}
}

// end stops the server and returns the result of run.
func (p *program) end() error {
	p.stop()
	err := <-p.done
	p.done <- err
	return err
}

// visitor returns an HTTP client with a cookie jar that follows no redirects.
func visitor(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Jar: jar, Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetch returns the status and body of a response.
func fetch(t *testing.T, res *http.Response, err error) (int, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestRun_serves_pages_and_Socket_IO_on_one_port(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	c := visitor(t)

	res, err := c.Get(p.url + "/")
	if status, body := fetch(t, res, err); status != http.StatusOK || !strings.Contains(body, "<html") {
		t.Errorf("GET /: got %d %.80q, want 200 and a page", status, body)
	}
	res, err = c.Get(p.url + "/socket.io/?EIO=4&transport=polling")
	if status, body := fetch(t, res, err); status != http.StatusOK || !strings.HasPrefix(body, `0{"sid":"`) {
		t.Errorf("handshake: got %d %.80q, want 200 and a sid", status, body)
	}
	c.CloseIdleConnections()
	if err := p.end(); err != nil {
		t.Errorf("run: got %v, want no error", err)
	}
}

func TestRun_keeps_rooms_and_sessions_across_a_restart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := visitor(t)
	first := start(t, dir, nil)
	res, err := c.PostForm(first.url+"/room", url.Values{"title": {"남는 방"}, "max": {"10"}, "password": {""}})
	fetch(t, res, err)
	room := res.Header.Get("Location")
	res, err = c.PostForm(first.url+room+"/chat", url.Values{"chat": {"여기 있어요"}})
	if status, body := fetch(t, res, err); status != http.StatusOK || body != "ok" {
		t.Fatalf("POST chat: got %d %q, want 200 \"ok\"", status, body)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("data folder: got mode %o, want 700", got)
	}
	c.CloseIdleConnections()
	if err := first.end(); err != nil {
		t.Fatalf("first run: got %v, want no error", err)
	}

	second := start(t, dir, nil)
	res, err = c.Get(second.url + room) // the cookie jar ignores the port
	if status, body := fetch(t, res, err); status != http.StatusOK || !strings.Contains(body, "여기 있어요") {
		t.Errorf("GET room after the restart: got %d, message found %t, want 200, true", status, strings.Contains(body, "여기 있어요"))
	}
	res, err = c.PostForm(second.url+room+"/chat", url.Values{"chat": {"still me"}})
	if status, _ := fetch(t, res, err); status != http.StatusOK {
		t.Errorf("POST chat after the restart: got %d, want 200 with the same session", status)
	}
}

func TestRun_ends_quickly_during_a_long_poll(t *testing.T) {
	p := start(t, t.TempDir(), map[string]string{"NOTICE_SOCKETIO": "false"})
	c := visitor(t)
	res, err := c.Get(p.url + "/socket.io/?EIO=4&transport=polling")
	_, body := fetch(t, res, err)
	sid := regexp.MustCompile(`"sid":"([^"]+)"`).FindStringSubmatch(body)[1]

	var polls sync.WaitGroup
	polls.Go(func() {
		res, err := c.Get(p.url + "/socket.io/?EIO=4&transport=polling&sid=" + sid)
		if err == nil {
			_ = res.Body.Close()
		}
	})
	time.Sleep(100 * time.Millisecond) // let the poll arrive
	begin := time.Now()
	if err := p.end(); err != nil {
		t.Errorf("run: got %v, want no error", err)
	}
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("shutdown: took %v, want at most 4s", took)
	}
	polls.Wait()
}

func TestRun_refuses_invalid_settings_before_it_writes_anything(t *testing.T) {
	t.Chdir(t.TempDir())
	err := run(t.Context(), environment(map[string]string{"PORT": "x", "COMPAT": "y"}), io.Discard)
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("run with two invalid settings: got %v, want two lines", err)
	}
	left, err := filepath.Glob("*")
	if err != nil || len(left) != 0 {
		t.Errorf("files after run: got %q, %v, want none", left, err)
	}
}

func TestRun_names_the_setting_when_the_port_is_in_use(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	t.Chdir(t.TempDir())
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	err = run(t.Context(), environment(map[string]string{"HOST": "127.0.0.1", "PORT": port, "DATA_DIR": "data"}), io.Discard)
	if want := fmt.Sprintf("is another program on port %s?", port); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("run on a used port: got %v, want %q in it", err, want)
	}
}

// logBuffer is a buffer for concurrent writes and reads.
type logBuffer struct {
	mu      sync.Mutex
	text    strings.Builder // guarded by mu
	changed chan struct{}   // guarded by mu; closed by the next Write; nil without a reader
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
	return b.text.Write(p)
}

// read returns the text so far and a channel that is closed by the next Write.
func (b *logBuffer) read() (text string, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.text.String(), b.changed
}

func (b *logBuffer) String() string {
	text, _ := b.read()
	return text
}
