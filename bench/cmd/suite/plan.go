package main

import "path/filepath"

// server is a program that serves the benchmark's contract. In its command, its
// environment and the path of its database, "{addr}" and "{port}" stand for the
// address to listen on, and "{data}" for an empty folder.
type server struct {
	name     string
	protocol string
	command  []string
	env      []string // added to the suite's own
	database string   // of a chat server
}

// bun returns the path of Bun's program, which npm puts there.
func bun(root string) string {
	return filepath.Join(root, "bench", "peers", "bun", "node_modules", "@oven", "bun-linux-x64", "bin", "bun")
}

func servers(root string) []server {
	bin := func(name string) string { return filepath.Join(root, "bench", "bin", name) }
	peer := func(name, file string) string { return filepath.Join(root, "bench", "peers", name, file) }
	return []server{
		{name: "ours", protocol: "sio4", command: []string{bin("server"), "-listen", "{addr}", "-root", root}},
		{name: "node", protocol: "sio4", command: []string{"node", peer("node", "server.js"), "{port}"}},
		{name: "bun", protocol: "sio4", command: []string{bun(root), peer("bun", "server.js"), "{port}"}},
		{name: "zishang", protocol: "sio4", command: []string{bin("zishang"), "-listen", "{addr}"}},
		{name: "googollee", protocol: "sio3", command: []string{bin("googollee"), "-listen", "{addr}"}},
		{name: "karagenc", protocol: "sio4", command: []string{bin("karagenc"), "-listen", "{addr}"}},
		{name: "njones", protocol: "sio4", command: []string{bin("njones"), "-listen", "{addr}"}},
		{name: "centrifuge", protocol: "centrifuge", command: []string{bin("centrifuge"), "-listen", "{addr}"}},
		{name: "gorilla", protocol: "raw", command: []string{bin("gorilla"), "-listen", "{addr}"}},
		{name: "floor-epoll", protocol: "sio4", command: []string{bin("floor"), "-kind", "epoll", "-listen", "{addr}"}},
		{name: "floor-gonet", protocol: "sio4", command: []string{bin("floor"), "-kind", "gonet", "-listen", "{addr}"}},
		{name: "program", protocol: "chat", command: []string{bin("gifchat")}, env: programSettings(), database: "{data}/gifchat.db"},
		{name: "node-chat", protocol: "chat", command: []string{"node", peer("node-chat", "server.js"), "{port}", "{data}/chat.db"}, database: "{data}/chat.db"},
	}
}

// programSettings returns the settings of the program for the chat workloads:
// .env.example, with rate limits that no workload reaches.
func programSettings() []string {
	settings := []string{"HOST=127.0.0.1", "PORT={port}", "DATA_DIR={data}"}
	for _, limit := range []string{
		"VISITOR", "ADDRESS", "ROOM", "CREATE_VISITOR", "CREATE_ADDRESS", "SESSION_ADDRESS", "CONNECT", "CONNECT_ADDRESS",
	} {
		settings = append(settings, "RATE_"+limit+"=1000000+1000000/s")
	}
	return settings
}

// workload is one table of figures: the generator's arguments, and the servers
// that are measured. These are the servers of a demand, and others if the
// workload is about something that only they have.
type workload struct {
	name    string
	args    string
	servers []string
	reps    int // the most repetitions; 0 for no limit
}

var (
	all      = []string{"ours", "node", "bun", "zishang", "googollee", "karagenc", "njones", "centrifuge", "gorilla", "floor-epoll", "floor-gonet"}
	lockstep = []string{"ours", "node", "bun", "zishang", "googollee", "centrifuge", "floor-epoll"}
	joining  = []string{"ours", "node", "bun", "centrifuge", "floor-epoll"}
	polled   = []string{"ours", "node", "bun", "zishang", "karagenc", "njones"}
	gifs     = []string{"ours", "node", "bun", "zishang", "karagenc", "njones", "floor-epoll"}
	idle     = []string{"ours", "node", "bun", "zishang", "googollee", "karagenc", "njones", "centrifuge", "gorilla"}
	largest  = []string{"ours", "node", "bun"}
	slow     = []string{"ours", "node", "bun", "zishang"} // the servers with volatile messages
	chats    = []string{"program", "node-chat"}
)

// workloads returns the plan in order of importance, so that an interrupted run
// has the most important results.
func workloads() []workload {
	return []workload{
		{"fanout-1000", "-workload fanout -conns 1000", all, 0},
		{"fanout-1000-16", "-workload fanout -conns 1000 -window 16 -warm 1s -duration 2s", joining, 0},
		{"echo-100", "-workload echo -conns 100 -warm 2s -duration 2s", all, 0},
		{"idle-5000", "-workload idle -conns 5000 -settle 2s", idle, 0},
		{"chat-20x5", "-workload chat -conns 100 -rooms 20 -window 4 -warm 2s -duration 5s", chats, 0},
		{"chat-1x50", "-workload chat -conns 50 -window 4 -warm 2s -duration 5s", chats, 0},
		{"fanout-100", "-workload fanout -conns 100", lockstep, 0},
		{"fanout-5000", "-workload fanout -conns 5000", lockstep, 0},
		{"rooms-1000x5", "-workload fanout -conns 5000 -rooms 1000 -window 64 -warm 1s -duration 2s", joining, 0},
		{"reading-1000", "-workload fanout -conns 1000 -window 16 -text 2000 -warm 2s -duration 2s", joining, 0},
		{"stalled-1000", "-workload fanout -conns 1000 -window 16 -text 2000 -warm 2s -duration 2s -stalled", joining, 0},
		{"upgrade-1000", "-workload upgrade -conns 1000", polled, 0},
		{"polling-500", "-workload polling -conns 500 -warm 2s -duration 2s", polled, 0},
		{"gif-200", "-workload gif -conns 200", gifs, 0},
		{"slow-200", "-workload slow -conns 200 -text 4000 -stream 4000 -burst 400000 -every 30s -duration 40s -drain 30s", slow, 2},
		{"quick-200", "-workload slow -conns 200 -text 4000 -stream 4000 -burst 400000 -every 30s -duration 40s -drain 30s -slow 0", []string{"ours"}, 2},
		{"volatile-150k", "-workload slow -conns 200 -text 4000 -stream 300000 -volatile -rate 150000 -mss 0 -duration 25s -drain 5s", slow, 2},
		{"volatile-30k", "-workload slow -conns 200 -text 4000 -stream 300000 -volatile -rate 30000 -mss 0 -duration 55s -drain 5s", slow, 2},
		{"idle-19000", "-workload idle -conns 19000 -settle 3s", largest, 0},
	}
}
