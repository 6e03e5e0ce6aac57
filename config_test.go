package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/joho/godotenv"

	"gifchat/handlers/limits"
	"gifchat/ratelimit"
)

// environment returns a getenv that reads m.
func environment(m map[string]string) func(string) string {
	return func(key string) string { return m[key] }
}

func dotenv(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadConfig_returns_defaults_without_settings(t *testing.T) {
	cfg, err := loadConfig(environment(nil), "no-such-file")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Port != 8005 || cfg.Host != "" || cfg.DataDir != "./data" {
		t.Errorf("address and data folder: got port %d, host %q, folder %q, want 8005, \"\", \"./data\"", cfg.Port, cfg.Host, cfg.DataDir)
	}
	if cfg.NoticeInterval != 3*time.Second || cfg.NoticeNews != "Hello Socket.IO" ||
		cfg.NoticeGreeting != "서버에서 클라이언트로 메시지를 보냅니다." {
		t.Errorf("notice: got %v %q %q, want that of the course", cfg.NoticeInterval, cfg.NoticeNews, cfg.NoticeGreeting)
	}
	if cfg.PingInterval != 25*time.Second || cfg.PingTimeout != 20*time.Second || cfg.MaxHTTPBufferSize != 1_000_000 {
		t.Errorf("pings and buffer: got %v %v %d, want 25s 20s 1000000 as in the official server", cfg.PingInterval, cfg.PingTimeout, cfg.MaxHTTPBufferSize)
	}
}

func TestLoadConfig_prefers_the_environment_to_dotenv(t *testing.T) {
	path := dotenv(t, "PORT=9001\nNOTICE_NEWS=from the file\n")
	cfg, err := loadConfig(environment(map[string]string{"PORT": "9002"}), path)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Port != 9002 || cfg.NoticeNews != "from the file" {
		t.Errorf("got port %d, news %q, want 9002, \"from the file\"", cfg.Port, cfg.NoticeNews)
	}
}

func TestLoadConfig_reports_each_invalid_setting(t *testing.T) {
	for _, tt := range []struct{ key, value, want string }{
		{"PORT", "http", `PORT: "http" is not a whole number`},
		{"PORT", "70000", "PORT: 70000 is not a port; want 0 to 65535"},
		{"HOST", "localhost:8005", `HOST: "localhost:8005" is not an address`},
		{"COOKIE_SECRET", "gifchat", "COOKIE_SECRET: this is the secret of a textbook"},
		{"COOKIE_SECRET", "short-and-secret", "COOKIE_SECRET: 16 bytes are too short; want at least 32"},
		{"COOKIE_SECRET_OLD", "gifchat", "COOKIE_SECRET_OLD: this is the secret of a textbook"},
		{"COOKIE_SECRET_OLD", "short-and-secret", "COOKIE_SECRET_OLD: 16 bytes are too short; want at least 32"},
		{"SESSION_CHECK", "0s", "SESSION_CHECK: 0s is out of range; want 1s to 1h0m0s"},
		{"RATE_VISITOR", "10/s", `RATE_VISITOR: "10/s" is not a rate such as 30+10/s`},
		{"RATE_CONNECT", "0+1/s", "RATE_CONNECT:"},
		{"MAX_CONNECTIONS", "0", "MAX_CONNECTIONS: 0 is out of range"},
		{"MAX_CONNECTIONS_PER_ADDRESS", "-1", "MAX_CONNECTIONS_PER_ADDRESS: -1 is out of range"},
		{"MAX_ROOMS", "x", `MAX_ROOMS: "x" is not a whole number`},
		{"MAX_ROOMS_PER_VISITOR", "0", "MAX_ROOMS_PER_VISITOR: 0 is out of range"},
		{"SECURE_COOKIES", "yes", "want auto, true or false"},
		{"TRUSTED_PROXIES", "10.0.0.1,0.0.0.0/0", `TRUSTED_PROXIES: "0.0.0.0/0" would let anyone`},
		{"TRUSTED_PROXIES", "::/0", "would let anyone"},
		{"TRUSTED_PROXIES", "nginx", "is neither an IP address nor a network"},
		{"CORS_ORIGIN", "*", `CORS_ORIGIN: "*" would let any page`},
		{"CORS_ORIGIN", "null", "would let any page"},
		{"CORS_ORIGIN", "https://a.example/", "is not an origin"},
		{"CORS_ORIGIN", "a.example", "is not an origin"},
		{"COMPAT", "loose", "want safe or strict"},
		{"EIO3_ENGINE", "googollee", "want builtin, go-socket.io or off"},
		{"EMPTY_ROOM_GRACE", "soon", `EMPTY_ROOM_GRACE: "soon" is not a duration such as 30s, or never`},
		{"EMPTY_ROOM_GRACE", "-1s", "EMPTY_ROOM_GRACE:"},
		{"OWNER_GRACE", "0s", "OWNER_GRACE: out of range; want 1s to 24h, or never"},
		{"OWNER_GRACE", "25h", "OWNER_GRACE:"},
		{"EMPTY_ROOM_GRACE", "2h", "EMPTY_ROOM_GRACE: too long; want 0s to 1h, or never"},
		{"NOTICE_INTERVAL", "3", `NOTICE_INTERVAL: "3" is not a duration`},
		{"NOTICE_INTERVAL", "1ms", "NOTICE_INTERVAL: 1ms is out of range; want 100ms to 1h0m0s"},
		{"NOTICE_NEWS", strings.Repeat("x", 1001), "NOTICE_NEWS: 1001 bytes are too long"},
		{"NOTICE_SOCKETIO", "maybe", `NOTICE_SOCKETIO: "maybe" is not true or false`},
		{"NOTICE_RELAY_PER_SECOND", "0", "NOTICE_RELAY_PER_SECOND: 0 is out of range"},
		{"PING_INTERVAL", "1h", "PING_INTERVAL: 1h0m0s is out of range"},
		{"PING_TIMEOUT", "1ns", "PING_TIMEOUT: 1ns is out of range"},
		{"MAX_HTTP_BUFFER_SIZE", "1", "MAX_HTTP_BUFFER_SIZE: 1 is out of range"},
		{"STORE_TIMEOUT", "0s", "STORE_TIMEOUT: 0s is out of range; want 1s to 5m0s"},
		{"LOG_LEVEL", "loud", "want debug, info, warn or error"},
		{"DEV", "2", `DEV: "2" is not true or false`},
	} {
		t.Run(tt.key+"="+tt.value[:min(20, len(tt.value))], func(t *testing.T) {
			_, err := loadConfig(environment(map[string]string{tt.key: tt.value}), "no-such-file")
			if err == nil {
				t.Fatalf("%s=%q: got no error, want %q", tt.key, tt.value, tt.want)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\ngot  %q\nwant %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error: got several lines, want one:\n%v", err)
			}
			if tt.key == "COOKIE_SECRET" && strings.Contains(err.Error(), tt.value) {
				t.Errorf("error: got %q, want it without the secret", err)
			}
		})
	}
}

func TestLoadConfig_reports_all_invalid_settings_at_once(t *testing.T) {
	path := dotenv(t, "PROT=8005\nLOG_LEVEL=loud\n")
	_, err := loadConfig(environment(map[string]string{"PORT": "x", "DEV": "y", "CORS_ORIGIN": "*"}), path)
	if err == nil {
		t.Fatal("five invalid settings: got no error, want five lines")
	}
	var keys []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		key, _, _ := strings.Cut(line, ":")
		keys = append(keys, key)
	}
	if want := []string{"PROT", "DEV", "PORT", "CORS_ORIGIN", "LOG_LEVEL"}; !slices.Equal(keys, want) {
		t.Errorf("keys in the error:\ngot  %q\nwant %q\n%v", keys, want, err)
	}
}

func TestLoadConfig_does_not_quote_a_broken_dotenv(t *testing.T) {
	path := dotenv(t, "COOKIE_SECRET=\"do-not-show-me\nPORT\n")
	_, err := loadConfig(environment(nil), path)
	if err == nil {
		t.Fatal("broken dotenv file: got no error, want one")
	}
	if strings.Contains(err.Error(), "do-not-show-me") {
		t.Errorf("error: got %q, want it without the text of the file", err)
	}
}

func TestLoadConfig_parses_lists_and_never(t *testing.T) {
	cfg, err := loadConfig(environment(map[string]string{
		"EMPTY_ROOM_GRACE": "never",
		"TRUSTED_PROXIES":  "127.0.0.1,10.0.0.0/8,::1",
		"CORS_ORIGIN":      "https://a.example,http://localhost:3000",
		"COOKIE_SECRET":    strings.Repeat("k", 32),
	}), "no-such-file")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.EmptyRoomGrace >= 0 {
		t.Errorf("EMPTY_ROOM_GRACE=never: got %v, want a negative duration", time.Duration(cfg.EmptyRoomGrace))
	}
	if len(cfg.TrustedProxies) != 3 || len(cfg.CORSOrigin) != 2 {
		t.Errorf("lists: got %q and %q, want 3 proxies and 2 origins", cfg.TrustedProxies, cfg.CORSOrigin)
	}
}

func TestLoadConfig_uses_the_default_rates_of_handlers(t *testing.T) {
	cfg, err := loadConfig(environment(nil), "no-such-file")
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.rates(); got != limits.Default {
		t.Errorf("default limits:\ngot  %+v\nwant %+v", got, limits.Default)
	}
	cfg, err = loadConfig(environment(map[string]string{"RATE_ROOM": "off", "RATE_CREATE_VISITOR": "5+20/h"}), "no-such-file")
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.rates(); got.Room != ratelimit.Unlimited || got.CreateVisitor != (ratelimit.Rate{Burst: 5, Each: 3 * time.Minute}) {
		t.Errorf("limits with RATE_ROOM=off, RATE_CREATE_VISITOR=5+20/h: got %+v, want no limit of a room, and 5 rooms and one each 3 min of a visitor", got)
	}
}

func TestEnvExample_lists_every_setting_with_its_default(t *testing.T) {
	example, err := godotenv.Read(".env.example")
	if err != nil {
		t.Fatal(err)
	}
	keys := configKeys()
	for key := range example {
		if _, ok := keys[key]; !ok {
			t.Errorf(".env.example: got %s, want known settings only", key)
		}
	}
	for key, field := range keys {
		value, ok := example[key]
		if !ok {
			t.Errorf(".env.example: want %s, which is missing", key)
		}
		if want := field.Tag.Get("envDefault"); value != want {
			t.Errorf(".env.example: %s: got %q, want the default %q", key, value, want)
		}
	}
	if _, err := loadConfig(environment(nil), ".env.example"); err != nil {
		t.Errorf("load a copy of .env.example: got %v, want no error", err)
	}
}

func TestReadme_table_lists_every_setting_with_its_default(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `([A-Z0-9_]+)` \\| (?:`([^`]*)`)? *\\|")
	for _, name := range []string{"README.md", "README.ko.md"} {
		t.Run(name, func(t *testing.T) {
			readme, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			listed := make(map[string]string)
			for _, m := range row.FindAllStringSubmatch(string(readme), -1) {
				listed[m[1]] = m[2]
			}
			keys := configKeys()
			for key, field := range keys {
				value, ok := listed[key]
				if !ok {
					t.Errorf("table: want %s, which is missing", key)
				} else if want := field.Tag.Get("envDefault"); value != want {
					t.Errorf("table: %s: got %q, want the default %q", key, value, want)
				}
			}
			for key := range listed {
				if _, ok := keys[key]; !ok {
					t.Errorf("table: got %s, want known settings only", key)
				}
			}
		})
	}
}

func TestConfig_refuses_foreign_hosts_on_loopback_without_proxies(t *testing.T) {
	tests := []struct {
		host    string
		proxies []string
		want    bool
	}{
		{"127.0.0.1", nil, true},
		{"127.0.0.53", nil, true},
		{"::1", nil, true},
		{"localhost", nil, true},
		{"", nil, false},
		{"0.0.0.0", nil, false},
		{"::", nil, false},
		{"192.0.2.7", nil, false},
		{"127.0.0.1", []string{"127.0.0.1"}, false},
		{"localhost", []string{"10.0.0.0/8"}, false},
	}
	for _, tt := range tests {
		cfg := config{Host: tt.host, TrustedProxies: tt.proxies}
		if got := cfg.localOnly(t.Context()); got != tt.want {
			t.Errorf("localOnly with HOST=%q TRUSTED_PROXIES=%q: got %v, want %v", tt.host, tt.proxies, got, tt.want)
		}
	}
}
