package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"gifchat/bench/internal/sample"
)

// machine tells where this runs and with which versions.
func machine(ctx context.Context, root string) (sample.Machine, error) {
	kernel, _, _ := strings.Cut(line("/proc/sys/kernel/osrelease"), "-") // less what a distributor adds
	m := sample.Machine{
		Date:   time.Now().UTC().Format(time.DateOnly),
		CPU:    field("/proc/cpuinfo", "model name"),
		Cores:  runtime.NumCPU(),
		Memory: field("/proc/meminfo", "MemTotal"),
		Kernel: kernel,
		TCP:    line("/proc/sys/net/ipv4/tcp_congestion_control"),
	}
	node, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return m, fmt.Errorf("node: %w", err)
	}
	revision, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty").Output() //nolint:gosec // the repository
	if err != nil {
		revision = []byte("unknown") // not a clone
	}
	m.Versions = []string{
		"ours at " + strings.TrimSpace(string(revision)),
		runtime.Version(),
		"Node " + strings.TrimSpace(string(node)),
	}
	for _, name := range []string{"socket.io", "engine.io", "ws"} {
		version, err := npmVersion(root, "node", name)
		if err != nil {
			return m, err
		}
		m.Versions = append(m.Versions, name+" "+version)
	}
	bun, err := exec.CommandContext(ctx, bun(root), "--version").Output() //nolint:gosec // from the plan
	if err != nil {
		bun = []byte("missing: npm has it for x64 alone") // its runs fail
	}
	engine, err := npmVersion(root, "bun", "@socket.io/bun-engine")
	if err != nil {
		return m, err
	}
	m.Versions = append(m.Versions, "Bun "+strings.TrimSpace(string(bun)), "@socket.io/bun-engine "+engine)
	packages := len(m.Versions)
	for program, module := range map[string]string{
		"server":     "github.com/gin-gonic/gin",
		"zishang":    "github.com/zishang520/socket.io/servers/socket/v3",
		"googollee":  "github.com/googollee/go-socket.io",
		"karagenc":   "github.com/karagenc/socket.io-go",
		"njones":     "github.com/njones/socketio",
		"centrifuge": "github.com/centrifugal/centrifuge",
		"gorilla":    "github.com/gorilla/websocket",
	} {
		info, err := buildinfo.ReadFile(filepath.Join(root, "bench", "bin", program))
		if err != nil {
			return m, err
		}
		for _, dep := range info.Deps {
			if dep.Path == module {
				m.Versions = append(m.Versions, strings.TrimPrefix(module, "github.com/")+" "+dep.Version)
			}
		}
	}
	slices.Sort(m.Versions[packages:])
	return m, nil
}

// line is the first line of a file, or nothing.
func line(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return first
}

// field is the first value of a key in a file of "key : value" lines.
func field(path, key string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for l := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// npmVersion returns the installed version of a package of a peer.
func npmVersion(root, peer, name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "bench", "peers", peer, "node_modules", name, "package.json"))
	if err != nil {
		return "", err
	}
	var p struct {
		Version string `json:"version"`
	}
	err = json.Unmarshal(text, &p)
	return p.Version, err
}
