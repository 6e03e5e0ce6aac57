package main

import "path/filepath"

// server is a program that serves the contract; "{addr}" and "{port}" in its
// arguments stand for where.
type server struct {
	name     string
	protocol string
	command  []string
}

// bun returns the path of Bun's program, which npm puts there.
func bun(root string) string {
	return filepath.Join(root, "bench", "peers", "bun", "node_modules", "@oven", "bun-linux-x64", "bin", "bun")
}

func servers(root string) []server {
	bin := func(name string) string { return filepath.Join(root, "bench", "bin", name) }
	return []server{
		{"ours", "sio4", []string{bin("server"), "-listen", "{addr}", "-root", root}},
		{"node", "sio4", []string{"node", filepath.Join(root, "bench", "peers", "node", "server.js"), "{port}"}},
		{"bun", "sio4", []string{bun(root), filepath.Join(root, "bench", "peers", "bun", "server.js"), "{port}"}},
		{"zishang", "sio4", []string{bin("zishang"), "-listen", "{addr}"}},
		{"googollee", "sio3", []string{bin("googollee"), "-listen", "{addr}"}},
		{"karagenc", "sio4", []string{bin("karagenc"), "-listen", "{addr}"}},
		{"njones", "sio4", []string{bin("njones"), "-listen", "{addr}"}},
		{"centrifuge", "centrifuge", []string{bin("centrifuge"), "-listen", "{addr}"}},
		{"gorilla", "raw", []string{bin("gorilla"), "-listen", "{addr}"}},
		{"floor-epoll", "sio4", []string{bin("floor"), "-kind", "epoll", "-listen", "{addr}"}},
		{"floor-gonet", "sio4", []string{bin("floor"), "-kind", "gonet", "-listen", "{addr}"}},
	}
}

// workload is one column of figures: the generator's arguments, and the servers
// that are measured in it, all when nil. Those that a demand names are in, and
// others where the workload is about what only they do.
type workload struct {
	name    string
	args    string
	servers []string
	reps    int // at most; 0 for as many as are asked for
}

var (
	lockstep = []string{"ours", "node", "bun", "zishang", "googollee", "centrifuge", "floor-epoll"}
	joining  = []string{"ours", "node", "bun", "centrifuge", "floor-epoll"}
	polled   = []string{"ours", "node", "bun", "zishang", "karagenc", "njones"}
	gifs     = []string{"ours", "node", "bun", "zishang", "karagenc", "njones", "floor-epoll"}
	idle     = []string{"ours", "node", "bun", "zishang", "googollee", "karagenc", "njones", "centrifuge", "gorilla"}
	largest  = []string{"ours", "node", "bun"}
	slow     = []string{"ours", "node", "bun", "zishang"} // those that have volatile messages
)

// workloads are in order of weight, so that a run cut short has the best part.
func workloads() []workload {
	return []workload{
		{"fanout-1000", "-workload fanout -conns 1000", nil, 0},
		{"fanout-1000-16", "-workload fanout -conns 1000 -window 16 -warm 1s -duration 2s", joining, 0},
		{"echo-100", "-workload echo -conns 100 -warm 2s -duration 2s", nil, 0},
		{"idle-5000", "-workload idle -conns 5000 -settle 2s", idle, 0},
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
