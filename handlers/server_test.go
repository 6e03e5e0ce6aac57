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
	"gifchat/handlers/events"
	"gifchat/handlers/notice"
	"gifchat/handlers/origin"
	"gifchat/handlers/session"
	"gifchat/rooms"
	"gifchat/socketio"
	"gifchat/store"
	"gifchat/store/storetest"
)

// patience bounds how long a test waits for something that takes no time on a quiet
// machine.
const patience = 30 * time.Second

// testServer is the server without main: real handlers and a real chat, whose data are
// in a folder of the test. Only the sessions are in memory.
type testServer struct {
	*httptest.Server
	handler  *handlers.Handler
	chat     *rooms.Service
	sessions *memorySessions
	log      *safeBuffer
}

// settings is what a test may change before the server is built.
type settings struct {
	handlers.Config

	secrets      [][]byte
	store        session.Store
	sessionCheck time.Duration
	corsOrigin   []string
	localOnly    bool

	identify   func(*http.Request) (any, error) // of the sessions, for a Socket.IO server
	sameClient func(identity any, r *http.Request) bool
}

// open starts a server on a free port. change may be nil.
func open(t *testing.T, change func(*settings)) *testServer {
	t.Helper()
	return openWith(t, rooms.Options{EmptyGrace: -1}, change)
}

func openWith(t *testing.T, options rooms.Options, change func(*settings)) *testServer {
	t.Helper()
	log := &safeBuffer{}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	gifs, err := store.OpenFiles(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var sessions *session.Sessions // made below from the changed settings
	cfg := settings{
		secrets:    [][]byte{[]byte(strings.Repeat("k", 32))},
		identify:   func(r *http.Request) (any, error) { return sessions.Identify(r) },
		sameClient: func(identity any, r *http.Request) bool { return sessions.SameClient(identity, r) },
	}
	wire := socketio.NewServer(socketio.Config{
		Log: logger, Identify: cfg.identify, SameClient: cfg.sameClient,
		AllowOrigin: origin.NewPolicy(nil, false, slog.New(slog.DiscardHandler)).Allow, ClientAddress: origin.ClientAddress,
		Recovery: events.Recovery(time.Minute), EncodeError: events.Refusal(logger),
	})
	notifier := events.NewNotifier(wire, logger)
	db, err := store.Open(t.Context(), storetest.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	options.NoticeText = events.NoticeText
	options.StoreTimeout = time.Minute // a busy machine delays the store
	chat := rooms.NewService(db, gifs, notifier, options)
	memory := &memorySessions{rows: make(map[string]*memorySession)}
	cfg.store = memory
	cfg.Config = handlers.Config{
		Chat: chat, Notifier: notifier, Server: wire, Log: logger,
		EventTimeout: time.Minute,
		Templates:    os.DirFS("../templates"), Public: bundled(os.DirFS("../public")),
		Notice: notice.Config{Interval: 100 * time.Millisecond, Plain: true, SocketIO: true},
	}
	if change != nil {
		change(&cfg)
	}
	cfg.Origins = origin.NewPolicy(cfg.corsOrigin, cfg.Secure, logger)
	if cfg.localOnly {
		cfg.Hosts = origin.NewHostGuard(cfg.corsOrigin, logger)
	}
	sessions, err = session.New(session.Config{
		Store: cfg.store, Secrets: cfg.secrets, Secure: cfg.Secure, Origins: cfg.Origins, Check: cfg.sessionCheck, Log: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Sessions = sessions
	handler, err := handlers.New(cfg.Config)
	if err != nil {
		t.Fatal(err)
	}
	h := &testServer{Server: httptest.NewServer(handler), handler: handler, chat: chat, sessions: memory, log: log}
	t.Cleanup(func() {
		_ = wire.Close(context.Background())
		_ = handler.Close()
		chat.Close()
		notifier.Close()
		h.Close()
		_ = db.Close()
	})
	return h
}

// bundled adds files in place of the stock client, so that the tests do not depend on
// the build.
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
	h *testServer
	*http.Client
}

func (h *testServer) visitor(t *testing.T) *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{t, h, &http.Client{
		Jar:           jar,
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response whose body was read.
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

// makeRoom creates a room and returns its path.
func (b *browser) makeRoom(title, password string) string {
	b.t.Helper()
	got := b.post("/room", url.Values{"title": {title}, "max": {"2"}, "password": {password}})
	if got.StatusCode != http.StatusFound {
		b.t.Fatalf("POST /room: got %d %s, want 302", got.StatusCode, got.body)
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
