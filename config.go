package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"gifchat/handlers/limits"
	"gifchat/handlers/notice"
	"gifchat/ratelimit"
)

// dotenvFile is an optional file of settings in the working directory.
const dotenvFile = ".env"

// config holds all settings. The tags define their keys and defaults;
// .env.example explains them, and a test compares the two.
type config struct {
	Port    int    `env:"PORT" envDefault:"8005"`
	Host    string `env:"HOST"`
	DataDir string `env:"DATA_DIR" envDefault:"./data"`

	CookieSecret    string   `env:"COOKIE_SECRET"`
	CookieSecretOld string   `env:"COOKIE_SECRET_OLD"`
	SecureCookies   string   `env:"SECURE_COOKIES" envDefault:"auto"`
	TrustedProxies  []string `env:"TRUSTED_PROXIES"`
	CORSOrigin      []string `env:"CORS_ORIGIN"`

	SessionCheck time.Duration `env:"SESSION_CHECK" envDefault:"30s"`

	RateVisitor        ratelimit.Rate `env:"RATE_VISITOR" envDefault:"30+10/s"`
	RateAddress        ratelimit.Rate `env:"RATE_ADDRESS" envDefault:"1000+200/s"`
	RateRoom           ratelimit.Rate `env:"RATE_ROOM" envDefault:"400+100/s"`
	RateCreateVisitor  ratelimit.Rate `env:"RATE_CREATE_VISITOR" envDefault:"30+1/s"`
	RateCreateAddress  ratelimit.Rate `env:"RATE_CREATE_ADDRESS" envDefault:"100+1/s"`
	RateSessionAddress ratelimit.Rate `env:"RATE_SESSION_ADDRESS" envDefault:"300+10/s"`
	RateConnect        ratelimit.Rate `env:"RATE_CONNECT" envDefault:"5000+1000/s"`
	RateConnectAddress ratelimit.Rate `env:"RATE_CONNECT_ADDRESS" envDefault:"2000+100/s"`
	MaxConns           int            `env:"MAX_CONNECTIONS" envDefault:"50000"`
	MaxConnsPerAddr    int            `env:"MAX_CONNECTIONS_PER_ADDRESS" envDefault:"2000"`
	MaxRooms           int            `env:"MAX_ROOMS" envDefault:"100000"`
	MaxRoomsPerVisitor int            `env:"MAX_ROOMS_PER_VISITOR" envDefault:"50"`

	Compat         string `env:"COMPAT" envDefault:"safe"`
	EmptyRoomGrace grace  `env:"EMPTY_ROOM_GRACE" envDefault:"30s"`
	OwnerGrace     grace  `env:"OWNER_GRACE" envDefault:"10m"`

	StoreTimeout time.Duration `env:"STORE_TIMEOUT" envDefault:"4s"`
	UploadQuota  byteSize      `env:"UPLOAD_QUOTA" envDefault:"200MiB"`
	MinFreeSpace byteSize      `env:"MIN_FREE_SPACE" envDefault:"256MiB"`

	NoticeInterval       time.Duration `env:"NOTICE_INTERVAL" envDefault:"3s"`
	NoticeNews           string        `env:"NOTICE_NEWS" envDefault:"Hello Socket.IO"`
	NoticeGreeting       string        `env:"NOTICE_GREETING" envDefault:"서버에서 클라이언트로 메시지를 보냅니다."`
	NoticeSocketIO       bool          `env:"NOTICE_SOCKETIO" envDefault:"true"`
	NoticeWebSocket      bool          `env:"NOTICE_WEBSOCKET" envDefault:"true"`
	NoticeRelayPerSecond int           `env:"NOTICE_RELAY_PER_SECOND" envDefault:"100"`

	RecoveryTime      time.Duration `env:"RECOVERY_TIME" envDefault:"2m"`
	PingInterval      time.Duration `env:"PING_INTERVAL" envDefault:"25s"`
	PingTimeout       time.Duration `env:"PING_TIMEOUT" envDefault:"20s"`
	MaxHTTPBufferSize int           `env:"MAX_HTTP_BUFFER_SIZE" envDefault:"1000000"`
	EIO3Engine        string        `env:"EIO3_ENGINE" envDefault:"builtin"`

	LogLevel string `env:"LOG_LEVEL" envDefault:"info"`
	Dev      bool   `env:"DEV" envDefault:"false"`
}

// grace is the time that a room can be empty or without its owner. A negative
// grace has no end.
type grace time.Duration

// UnmarshalText parses a duration, or the word never.
func (g *grace) UnmarshalText(text []byte) error {
	if string(text) == "never" {
		*g = -1
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err == nil && d < 0 {
		err = errors.New("negative duration")
	}
	*g = grace(d)
	return err
}

// loadConfig reads the settings from the process environment and, for keys that
// are not set there, from the file dotenv. The error has one line for each
// invalid setting.
func loadConfig(getenv func(string) string, dotenv string) (config, error) {
	keys := configKeys()
	file, err := godotenv.Read(dotenv)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		// The parser's own error quotes the text, which can contain a secret.
		return config{}, fmt.Errorf("%s: not readable, or a line is not KEY=value", dotenv)
	}

	var errs []error
	for _, key := range slices.Sorted(maps.Keys(file)) {
		if _, known := keys[key]; !known {
			errs = append(errs, fmt.Errorf("%s: no such setting in %s; .env.example lists them all", key, dotenv))
		}
	}

	values := make(map[string]string)
	for key := range keys {
		value := getenv(key)
		if value == "" {
			value = file[key]
		}
		if value != "" {
			values[key] = value
		}
	}

	var cfg config
	bad, err := parseValues(&cfg, values, keys)
	errs = append(errs, err)
	for _, c := range cfg.checks() {
		if !c.ok && !bad[c.key] {
			errs = append(errs, fmt.Errorf("%s: %s", c.key, c.want))
		}
	}
	return cfg, errors.Join(errs...)
}

// configKeys returns the fields of config by their keys.
func configKeys() map[string]reflect.StructField {
	keys := make(map[string]reflect.StructField)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config]()) {
		keys[field.Tag.Get("env")] = field
	}
	return keys
}

// parseValues parses the values into cfg. It returns the keys of invalid values,
// and an error with one line for each.
func parseValues(cfg *config, values map[string]string, keys map[string]reflect.StructField) (map[string]bool, error) {
	bad := make(map[string]bool)
	err := env.ParseWithOptions(cfg, env.Options{Environment: values})
	if err == nil {
		return bad, nil
	}
	aggregate, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return bad, fmt.Errorf("read settings: %w", err)
	}
	var errs []error
	for _, e := range aggregate.Errors {
		parse, ok := errors.AsType[env.ParseError](e)
		if !ok {
			errs = append(errs, e)
			continue
		}
		for key, field := range keys {
			if field.Name == parse.Name {
				bad[key] = true
				errs = append(errs, fmt.Errorf("%s: %q is not %s", key, values[key], kind(field.Type)))
			}
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return bad, errors.Join(errs...)
}

// kind describes the values of type t in an error message.
func kind(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[int]():
		return "a whole number"
	case reflect.TypeFor[bool]():
		return "true or false"
	case reflect.TypeFor[time.Duration]():
		return "a duration such as 500ms, 30s or 5m"
	case reflect.TypeFor[byteSize]():
		return "a number of bytes such as 5000000, 200MiB or 1GiB"
	case reflect.TypeFor[ratelimit.Rate]():
		return "a rate such as 30+10/s, 30 at once and 10 more each second (or /m, /h), or off"
	case reflect.TypeFor[grace]():
		return "a duration such as 30s, or never"
	}
	return "a valid " + t.String()
}

func (c *config) logLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo // not reached: checks refuses unknown levels
	}
	return level
}

// secure reports whether cookies are sent over TLS only. In the mode auto, a
// trusted proxy is assumed to terminate TLS.
func (c *config) secure() bool {
	return c.SecureCookies == "true" || c.SecureCookies == "auto" && len(c.TrustedProxies) > 0
}

// localOnly reports whether only this machine can reach the server: HOST is a
// loopback address or resolves to one, and there is no trusted proxy.
func (c *config) localOnly(ctx context.Context) bool {
	if c.Host == "" || len(c.TrustedProxies) > 0 {
		return false
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", c.Host)
	// If the name cannot be resolved, serve fails and returns that error.
	return err == nil && !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !a.Unmap().IsLoopback() })
}

// strict reports whether to reproduce the original's peculiarities.
func (c *config) strict() bool { return c.Compat == "strict" }

// oldSecrets returns the previous cookie secret, if one is configured.
func (c *config) oldSecrets() [][]byte {
	if c.CookieSecretOld == "" {
		return nil
	}
	return [][]byte{[]byte(c.CookieSecretOld)}
}

// notice returns the settings of the notice.
func (c *config) notice() notice.Config {
	return notice.Config{
		Interval:       c.NoticeInterval,
		News:           c.NoticeNews,
		Greeting:       c.NoticeGreeting,
		SocketIO:       c.NoticeSocketIO,
		Plain:          c.NoticeWebSocket,
		RelayPerSecond: c.NoticeRelayPerSecond,
	}
}

// rates returns the rate limits.
func (c *config) rates() limits.Rates {
	return limits.Rates{
		Visitor: c.RateVisitor, Address: c.RateAddress, Room: c.RateRoom,
		CreateVisitor: c.RateCreateVisitor, CreateAddress: c.RateCreateAddress, SessionAddress: c.RateSessionAddress,
		Connect: c.RateConnect, ConnectAddress: c.RateConnectAddress,
	}
}
