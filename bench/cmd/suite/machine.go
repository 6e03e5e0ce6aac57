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

// missing is the version of a program that is not installed. The suite goes on
// without it, and its runs fail.
const missing = "missing"

// machine describes this machine and the versions of the programs.
func machine(ctx context.Context, root string) (sample.Machine, error) {
	kernel, _, _ := strings.Cut(firstLine("/proc/sys/kernel/osrelease"), "-") // without the distributor's suffix
	m := sample.Machine{
		Date:   time.Now().UTC().Format(time.DateOnly),
		CPU:    fieldValue("/proc/cpuinfo", "model name"),
		Cores:  runtime.NumCPU(),
		Memory: fieldValue("/proc/meminfo", "MemTotal"),
		Kernel: kernel,
		TCP:    firstLine("/proc/sys/net/ipv4/tcp_congestion_control"),
	}
	node, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return m, fmt.Errorf("node: %w", err)
	}
	revision, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty").Output() //nolint:gosec // the repository
	if err != nil {
		revision = []byte("unknown") // not a clone
	}
	bun, err := exec.CommandContext(ctx, bun(root), "--version").Output() //nolint:gosec // from the plan
	if err != nil {
		bun = []byte(missing) // npm has it for x64 only
	}
	m.Versions = []string{
		"ours at " + strings.TrimSpace(string(revision)),
		runtime.Version(),
		"Node " + strings.TrimSpace(string(node)),
		"Bun " + strings.TrimSpace(string(bun)),
	}
	for _, p := range []struct{ peer, name string }{
		{"node", "socket.io"},
		{"node", "engine.io"},
		{"node", "ws"},
		{"bun", "@socket.io/bun-engine"},
		{"node-chat", "better-sqlite3"},
	} {
		m.Versions = append(m.Versions, p.name+" "+npmVersion(root, p.peer, p.name))
	}
	m.Versions = append(m.Versions, moduleVersions(root)...)
	return m, nil
}

// moduleVersions returns the version of each Go peer's module, in alphabetical
// order.
func moduleVersions(root string) []string {
	var versions []string
	for program, module := range map[string]string{
		"server":     "github.com/gin-gonic/gin",
		"zishang":    "github.com/zishang520/socket.io/servers/socket/v3",
		"googollee":  "github.com/googollee/go-socket.io",
		"karagenc":   "github.com/karagenc/socket.io-go",
		"njones":     "github.com/njones/socketio",
		"centrifuge": "github.com/centrifugal/centrifuge",
		"gorilla":    "github.com/gorilla/websocket",
	} {
		version := missing
		if info, err := buildinfo.ReadFile(filepath.Join(root, "bench", "bin", program)); err == nil {
			for _, dep := range info.Deps {
				if dep.Path == module {
					version = dep.Version
				}
			}
		}
		versions = append(versions, strings.TrimPrefix(module, "github.com/")+" "+version)
	}
	slices.Sort(versions)
	return versions
}

// firstLine returns the first line of a file, or "" if it cannot be read.
func firstLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return first
}

// fieldValue returns the first value of a key in a file of "key : value" lines,
// or "".
func fieldValue(path, key string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// npmVersion returns the installed version of a package of a peer.
func npmVersion(root, peer, name string) string {
	text, err := os.ReadFile(filepath.Join(root, "bench", "peers", peer, "node_modules", name, "package.json"))
	if err != nil {
		return missing
	}
	var p struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(text, &p) != nil {
		return missing
	}
	return p.Version
}
