package handlers_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"gifchat/handlers/events"
	"gifchat/handlers/limits"
	"gifchat/handlers/notice"
	"gifchat/ratelimit"
	"gifchat/rooms"
	"gifchat/store"
	"gifchat/store/storetest"
)

// described is the content of docs/events.md.
type described struct {
	from, to map[string]bool            // names of events from clients, and to clients
	errors   map[string]map[string]bool // reasons of refusals, by event
	reasons  map[string]bool            // of the table of all reasons
}

var (
	codeText = regexp.MustCompile("`([^`]+)`")
	tableRow = regexp.MustCompile(`^\| .* \|$`)
)

// readEvents reads the tables of docs/events.md. The first heading of a table gives its
// kind.
func readEvents(t *testing.T) described {
	t.Helper()
	text, err := os.ReadFile("../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	d := described{map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}}
	heading := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !tableRow.MatchString(line) {
			if !strings.HasPrefix(line, "|---") {
				heading = ""
			}
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if heading == "" {
			heading = cells[0]
			continue
		}
		for _, name := range codeText.FindAllStringSubmatch(cells[0], -1) {
			switch heading {
			case "from you (client → server)":
				d.from[name[1]] = true
				d.errors[name[1]] = map[string]bool{}
				for _, reason := range codeText.FindAllStringSubmatch(cells[len(cells)-1], -1) {
					d.errors[name[1]][reason[1]] = true
				}
			case "to you (server → client)":
				d.to[name[1]] = true
			case "reason":
				d.reasons[name[1]] = true
			default:
				t.Errorf("docs/events.md: got a table of %q, want from you, to you or reason", heading)
			}
		}
	}
	return d
}

// wireNames are the event constants of the packages and their uses.
type wireNames struct {
	values         map[string]string // of the constants, by name
	heard, emitted map[string]bool   // values
	reasons        map[string]bool   // of refusals
}

func readSources(t *testing.T) wireNames {
	t.Helper()
	n := wireNames{map[string]string{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	var paths []string
	for _, folder := range []string{"events", "notice", "refusal"} {
		found, err := filepath.Glob(folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		ast.Inspect(file, n.declared)
	}
	for _, file := range files {
		ast.Inspect(file, n.used)
	}
	return n
}

// declared notes the constants whose names begin with event, and the reasons of
// composite literals of the type Refusal.
func (n wireNames) declared(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.ValueSpec:
		for i, name := range node.Names {
			if strings.HasPrefix(name.Name, "event") && i < len(node.Values) {
				if value := literal(node.Values[i]); value != "" {
					n.values[name.Name] = value
				}
			}
		}
	case *ast.CompositeLit:
		if kind, ok := node.Type.(*ast.Ident); ok && kind.Name == "Refusal" && len(node.Elts) == 3 {
			n.reasons[literal(node.Elts[1])] = true
		}
	}
	return true
}

// used notes which constants have handlers and which are emitted. A comparison is
// neither.
func (n wireNames) used(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.ValueSpec:
		return !slices.ContainsFunc(node.Names, func(name *ast.Ident) bool { return n.values[name.Name] != "" })
	case *ast.BinaryExpr:
		return node.Op != token.EQL
	case *ast.CallExpr:
		if method, ok := node.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "On" {
			if name, ok := node.Args[0].(*ast.Ident); ok && n.values[name.Name] != "" {
				n.heard[n.values[name.Name]] = true
				return false
			}
		}
		if fn, ok := node.Fun.(*ast.Ident); ok && (fn.Name == "handle" || fn.Name == "handleOptional") {
			if name, ok := node.Args[1].(*ast.Ident); ok && n.values[name.Name] != "" {
				n.heard[n.values[name.Name]] = true
				return false
			}
		}
	case *ast.Ident:
		if value := n.values[node.Name]; value != "" {
			n.emitted[value] = true
		}
	}
	return true
}

func literal(e ast.Expr) string {
	if text, ok := e.(*ast.BasicLit); ok && text.Kind == token.STRING {
		value, _ := strconv.Unquote(text.Value)
		return value
	}
	return ""
}

func TestDocs_describe_every_event(t *testing.T) {
	docs, code := readEvents(t), readSources(t)
	if len(code.values) < 30 || len(code.reasons) < 20 {
		t.Fatalf("got %d events and %d reasons, want at least 30 and 20", len(code.values), len(code.reasons))
	}
	for name, value := range code.values {
		if !code.heard[value] && !code.emitted[value] {
			t.Errorf("%s: got no use, want a handler or an emit", name)
		}
	}
	compare(t, "from clients", docs.from, code.heard)
	compare(t, "to clients", docs.to, code.emitted)

	code.reasons["foreign"] = true // a refusal of package handlers, before a route is found
	compare(t, "reasons", docs.reasons, code.reasons)
}

func compare(t *testing.T, what string, docs, is map[string]bool) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if !docs[name] {
			t.Errorf("%s: got %s in the code, want it in docs/events.md too", what, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		if !is[name] {
			t.Errorf("%s: got %s in docs/events.md, want it in the code too", what, name)
		}
	}
}

// fullDisk is a store that fails to save once full is set.
type fullDisk struct {
	rooms.Store
	full atomic.Bool
}

func (f *fullDisk) err() error {
	if f.full.Load() {
		return rooms.ErrStorageFull
	}
	return nil
}

func (f *fullDisk) AddMember(ctx context.Context, m rooms.Member) (rooms.Member, error) {
	if err := f.err(); err != nil {
		return rooms.Member{}, err
	}
	return f.Store.AddMember(ctx, m)
}

func (f *fullDisk) AddMessages(ctx context.Context, id rooms.ID, messages []rooms.Message) ([]rooms.Stored, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Store.AddMessages(ctx, id, messages)
}

func (f *fullDisk) Amend(ctx context.Context, m rooms.Message) (rooms.Stored, []string, error) {
	if err := f.err(); err != nil {
		return rooms.Stored{}, nil, err
	}
	return f.Store.Amend(ctx, m)
}

func (f *fullDisk) AddWhisper(ctx context.Context, w rooms.Whisper) (rooms.Whisper, bool, error) {
	if err := f.err(); err != nil {
		return rooms.Whisper{}, false, err
	}
	return f.Store.AddWhisper(ctx, w)
}

func (f *fullDisk) Apply(ctx context.Context, c rooms.Change) (rooms.Message, error) {
	if err := f.err(); err != nil {
		return rooms.Message{}, err
	}
	return f.Store.Apply(ctx, c)
}

// refusals collects the reasons of refusals, by event.
type refusals struct {
	t    *testing.T
	next int
	seen map[string]map[string]bool // by event
}

// ask sends an event and notes the reason of a refusal.
func (r *refusals) ask(w *wire, namespace, event, arg string) string {
	r.t.Helper()
	r.next++
	if r.seen[event] == nil {
		r.seen[event] = map[string]bool{}
	}
	w.send(fmt.Sprintf(`42%s%d[%q,%s]`, namespace, r.next, event, arg))
	got := w.until(fmt.Sprintf(`43%s%d[`, namespace, r.next))
	if reason := between(got, `"ok":false,"reason":"`); reason != "" {
		r.seen[event][reason] = true
	}
	return got
}

// Each event is refused for the reasons in docs/events.md and for no others. The test
// sends each event for an unknown room, by a visitor that is not a member, is banned, is
// muted or is not the owner, about an unknown person or message, with a malformed
// argument, and with a full disk. It leaves out the reasons that all events have.
func TestDocs_describe_every_refusal_of_an_event(t *testing.T) {
	docs := readEvents(t)
	disk := &fullDisk{}
	h := open(t, func(c *settings) {
		c.Limits = limits.Rates{Visitor: ratelimit.Unlimited, Address: ratelimit.Unlimited}
		db, err := store.Open(t.Context(), storetest.NewDatabase(t))
		if err != nil {
			t.Fatal(err)
		}
		gifs, err := store.OpenFiles(t.TempDir(), 0)
		if err != nil {
			t.Fatal(err)
		}
		disk.Store = db
		chat := rooms.NewService(disk, gifs, c.Notifier, rooms.Options{EmptyGrace: -1, NoticeText: events.NoticeText})
		t.Cleanup(func() {
			chat.Close()
			_ = db.Close()
		})
		c.Chat = chat
		started := notice.Start(c.Server, notice.Config{SocketIO: true}, c.Log)
		t.Cleanup(started.Close)
	})
	r := &refusals{t: t, seen: map[string]map[string]bool{}}

	people := map[string]*browser{}
	sockets := map[string]*wire{}
	for _, who := range []string{"ann", "bob", "erin", "dave", "stranger", "guesser"} {
		people[who] = h.visitor(t)
		people[who].get("/")
	}
	path, frozen, private := people["ann"].makeRoom("방", ""), people["ann"].makeRoom("방", ""), people["ann"].makeRoom("방", "비밀")
	room, icy, secret := path[len("/room/"):], frozen[len("/room/"):], private[len("/room/"):]
	colors := map[string]string{}
	for _, who := range []string{"ann", "bob", "erin", "dave"} {
		colors[who] = colorIn(people[who].get(path).body)
	}
	people["bob"].get(frozen)
	for who, b := range people {
		sockets[who] = h.dial(t, "/chat", "", b)
	}
	bot := h.dial(t, "/chat", `{"token":"none of the room's"}`, nil)
	ask := func(who, event, arg string) string {
		t.Helper()
		return r.ask(sockets[who], "/chat,", event, arg)
	}
	in := func(id, more string) string { return `{"room":"` + id + `"` + more + `}` }
	about := func(who string) string { return in(room, `,"person":"`+colors[who]+`"`) }

	seq := between(strings.ReplaceAll(ask("ann", "chat", in(room, `,"chat":"hi"`)), "}", `"`), `"seq":`)
	ask("bob", "nick", in(room, `,"nick":"철수"`))
	ask("ann", "mute", about("erin"))
	ask("ann", "ban", about("dave"))
	ask("ann", "settings", in(icy, `,"frozen":true`))

	// The valid argument of each event, for a room and a person in it.
	arguments := map[string]func(id, who string) string{}
	for event := range docs.errors {
		arguments[event] = func(id, who string) string { return in(id, `,"person":"`+colors[who]+`"`) }
	}
	delete(arguments, "reply")
	for event, more := range map[string]string{
		"chat": `,"chat":"hi"`, "edit": `,"seq":` + seq + `,"chat":"ho"`, "remove": `,"seq":` + seq,
		"sync": `,"after":0`, "whispers": `,"after":0`, "nick": `,"nick":"영희"`, "token": `,"nick":"봇"`, "settings": `,"title":"새 제목"`,
	} {
		arguments[event] = func(id, _ string) string { return in(id, more) }
	}
	arguments["whisper"] = func(id, who string) string { return in(id, `,"to":"`+colors[who]+`","chat":"쉿"`) }

	colors["nobody"] = "#010203"
	for event, argument := range arguments {
		ask("bob", event, argument(strings.Repeat("0", 24), "ann"))
		if event != "join" { // a public room lets everybody in
			ask("stranger", event, argument(room, "ann"))
		}
		ask("dave", event, argument(room, "ann"))
		ask("bob", event, `5`)
		ask("bob", event, argument(icy, "ann"))
		if event == "quit" {
			people["bob"].get(path) // back again
			people["bob"].get(frozen)
		} else {
			ask("erin", event, argument(room, "ann"))
		}
		if event != "quit" { // only events about a person
			if arg := argument(room, "nobody"); strings.Contains(arg, colors["nobody"]) {
				ask("ann", event, arg)
			}
		}
	}
	// Reasons of some events only.
	ask("bob", "edit", in(room, `,"seq":`+seq+`,"chat":"not mine"`))
	ask("bob", "remove", in(room, `,"seq":`+seq))
	ask("ann", "edit", in(room, `,"seq":99999,"chat":"what?"`))
	ask("ann", "remove", in(room, `,"seq":99999`))
	ask("bob", "nick", in(room, `,"nick":"철수"`))
	for _, event := range []string{"nick", "token"} {
		ask("ann", event, in(room, `,"nick":"철 수"`))
	}
	for range 11 {
		ask("guesser", "join", in(secret, `,"password":"no"`))
	}
	ask("ann", "settings", in(icy, `,"closed":true`))
	ask("guesser", "join", in(icy, ""))
	ask("ann", "settings", in(icy, `,"closed":false`))
	r.ask(bot, "/chat,", "join", in(room, ""))
	for _, who := range []string{"bob", "erin", "stranger"} { // the room has two places
		ask(who, "join", in(room, ""))
	}
	notice := h.dial(t, "/", "", nil)
	r.ask(notice, "", "reply", strconv.Quote(strings.Repeat("x", 20_000)))

	disk.full.Store(true)
	ask("guesser", "join", in(icy, ""))
	for event, argument := range arguments {
		who := map[string]string{"nick": "bob", "quit": "bob", "join": "bob"}[event]
		if who == "" {
			who = "ann"
		}
		whom := map[string]string{"unban": "dave", "unmute": "erin"}[event]
		if whom == "" {
			whom = "bob"
		}
		ask(who, event, argument(room, whom))
	}

	for event, described := range docs.errors {
		common := []string{"rate_limited", "unavailable", "internal"}
		got := maps.Clone(r.seen[event])
		maps.DeleteFunc(got, func(reason string, _ bool) bool { return slices.Contains(common, reason) })
		compare(t, event, described, got)
	}
}
