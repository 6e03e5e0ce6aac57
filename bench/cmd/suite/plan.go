package main

import "path/filepath"

// server is a program that serves the contract; "{addr}" and "{port}" in its
// arguments stand for where.
type server struct {
	name     string
	protocol string
	command  []string
}

func servers(root string) []server {
	bin := func(name string) string { return filepath.Join(root, "bench", "bin", name) }
	return []server{
		{"ours", "sio4", []string{bin("server"), "-listen", "{addr}", "-root", root}},
		{"node", "sio4", []string{"node", filepath.Join(root, "bench", "peers", "node", "server.js"), "{port}"}},
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
}

var (
	lockstep = []string{"ours", "node", "zishang", "googollee", "centrifuge", "floor-epoll"}
	joining  = []string{"ours", "node", "centrifuge", "floor-epoll"}
	polled   = []string{"ours", "node", "zishang", "karagenc", "njones"}
	gifs     = []string{"ours", "node", "zishang", "karagenc", "njones", "floor-epoll"}
	idle     = []string{"ours", "node", "googollee", "karagenc", "njones", "centrifuge", "gorilla"} // zishang takes a minute
	largest  = []string{"ours", "node"}
)

// workloads are in order of weight, so that a run cut short has the best part.
func workloads() []workload {
	return []workload{
		{"fanout-1000", "-workload fanout -conns 1000", nil},
		{"fanout-1000-16", "-workload fanout -conns 1000 -window 16 -warm 1s -duration 2s", joining},
		{"echo-100", "-workload echo -conns 100 -warm 2s -duration 2s", nil},
		{"idle-5000", "-workload idle -conns 5000 -settle 2s", idle},
		{"fanout-100", "-workload fanout -conns 100", lockstep},
		{"fanout-5000", "-workload fanout -conns 5000", lockstep},
		{"rooms-1000x5", "-workload fanout -conns 5000 -rooms 1000 -window 64 -warm 1s -duration 2s", joining},
		{"reading-1000", "-workload fanout -conns 1000 -window 16 -text 2000 -warm 2s -duration 2s", joining},
		{"stalled-1000", "-workload fanout -conns 1000 -window 16 -text 2000 -warm 2s -duration 2s -stalled", joining},
		{"upgrade-1000", "-workload upgrade -conns 1000", polled},
		{"polling-500", "-workload polling -conns 500 -warm 2s -duration 2s", polled},
		{"gif-200", "-workload gif -conns 200", gifs},
		{"idle-19000", "-workload idle -conns 19000 -settle 3s", largest},
	}
}
