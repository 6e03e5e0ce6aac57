package handlers_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"gifchat/handlers"
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/store"
	"gifchat/store/storetest"
)

// patience bounds how long a test waits for something that comes at once on a quiet machine.
const patience = 30 * time.Second

// house is everything but main: real handlers, a real chat, its data in a folder
// of the test's; only the sessions are in memory.
type house struct {
	*httptest.Server
	site     *handlers.Handler
	chat     *rooms.Service
	sessions *memorySessions
	log      *safeBuffer
}

func open(t *testing.T, change func(*handlers.Config)) *house {
	t.Helper()
	return openWith(t, rooms.Options{EmptyGrace: -1}, change)
}

func openWith(t *testing.T, customs rooms.Options, change func(*handlers.Config)) *house {
	t.Helper()
	log := &safeBuffer{}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	gifs, err := store.OpenFiles(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	wire := socketio.NewServer(socketio.Config{
		Log: logger, Identify: handlers.Identify, SameClient: handlers.SameClient([]byte(strings.Repeat("k", 32))),
		AllowOrigin: handlers.AllowOrigin(nil, slog.New(slog.DiscardHandler)), ClientAddress: handlers.ClientAddress,
		Recovery: handlers.Recovery(time.Minute),
	})
	events := handlers.NewEvents(wire, logger)
	db, err := store.Open(t.Context(), storetest.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	chat := rooms.NewService(db, gifs, events, customs)
	sessions := &memorySessions{rows: make(map[string]*memorySession)}
	cfg := handlers.Config{
		Chat: chat, Events: events, Server: wire, Sessions: sessions,
		Secret: []byte(strings.Repeat("k", 32)), Log: logger,
		Templates: os.DirFS("../templates"), Public: bundled(os.DirFS("../public")),
		Notice: handlers.NoticeConfig{Interval: 100 * time.Millisecond, Plain: true, SocketIO: true},
	}
	if change != nil {
		change(&cfg)
	}
	site, err := handlers.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Server: httptest.NewServer(site), site: site, chat: chat, sessions: sessions, log: log}
	t.Cleanup(func() {
		_ = wire.Close(context.Background())
		_ = site.Close()
		chat.Close()
		events.Close()
		h.Close()
		_ = db.Close()
	})
	return h
}

// bundled adds a stock client of our own making, so that the tests do not
// depend on the build.
func bundled(public fs.FS) fs.FS {
	files := fstest.MapFS{
		"vendor/VERSION":             {Data: []byte("4.8.4\n")},
		"vendor/socket.io.js":        {Data: []byte("plain")},
		"vendor/socket.io.js.br":     {Data: []byte("br")},
		"vendor/socket.io.js.gz":     {Data: []byte("gz")},
		"vendor/socket.io.min.js":    {Data: []byte("minified")},
		"vendor/secret.txt":          {Data: []byte("not for the web")},
		"vendor/socket.io.js.map":    {Data: []byte("{}")},
		"vendor/socket.io.js.map.gz": {Data: []byte("gz")},
	}
	for _, name := range []string{"main.css", "css/base.css", "img/icon.svg"} {
		data, err := fs.ReadFile(public, name)
		if err != nil {
			panic(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	return files
}

// browser is a visitor with a cookie jar that does not follow redirects.
type browser struct {
	t *testing.T
	h *house
	*http.Client
}

func (h *house) visitor(t *testing.T) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t, h, &http.Client{
		Jar:           jar,
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (b *browser) send(method, path string, body io.Reader, headers ...string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.h.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, string(data)}
}

func (b *browser) get(path string, headers ...string) answer {
	b.t.Helper()
	return b.send("GET", path, nil, headers...)
}

const formType = "application/x-www-form-urlencoded"

func (b *browser) post(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	return b.send("POST", path, strings.NewReader(form.Encode()), append([]string{"Content-Type", formType}, headers...)...)
}

// makeRoom returns the path of a new room of the visitor's.
func (b *browser) makeRoom(title, password string) string {
	b.t.Helper()
	got := b.post("/room", url.Values{"title": {title}, "max": {"2"}, "password": {password}})
	if got.StatusCode != http.StatusFound {
		b.t.Fatalf("create: got %d %s, want 302", got.StatusCode, got.body)
	}
	return strings.SplitN(got.Header.Get("Location"), "?", 2)[0]
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
