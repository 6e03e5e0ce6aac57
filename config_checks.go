package main

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"gifchat/handlers/session"
)

// check is the result of validating one setting.
type check struct {
	key  string
	ok   bool
	want string // the error message; never contains a secret
}

// checks validates all settings whose type alone does not make them valid.
func (c *config) checks() []check {
	return []check{
		{"PORT", 0 <= c.Port && c.Port <= 65535, fmt.Sprintf("%d is not a port; want 0 to 65535, 0 for any free one", c.Port)},
		{"HOST", !strings.ContainsAny(c.Host, "/ ") && !isHostPort(c.Host), fmt.Sprintf("%q is not an address; want one without scheme and port, or nothing for all interfaces", c.Host)},
		secretCheck("COOKIE_SECRET", c.CookieSecret),
		secretCheck("COOKIE_SECRET_OLD", c.CookieSecretOld),
		{"SECURE_COOKIES", oneOf(c.SecureCookies, "auto", "true", "false"), fmt.Sprintf("%q is unknown; want auto, true or false", c.SecureCookies)},
		firstBad("TRUSTED_PROXIES", c.TrustedProxies, badProxy),
		firstBad("CORS_ORIGIN", c.CORSOrigin, badOrigin),
		{"EIO3_ENGINE", oneOf(c.EIO3Engine, "builtin", "go-socket.io", "off"), fmt.Sprintf("%q is unknown; want builtin, go-socket.io or off", c.EIO3Engine)},
		{"COMPAT", oneOf(c.Compat, "safe", "strict"), fmt.Sprintf("%q is unknown; want safe or strict", c.Compat)},
		{"EMPTY_ROOM_GRACE", time.Duration(c.EmptyRoomGrace) <= time.Hour, "too long; want 0s to 1h, or never"},
		{"OWNER_GRACE", c.OwnerGrace < 0 || time.Second <= time.Duration(c.OwnerGrace) && time.Duration(c.OwnerGrace) <= 24*time.Hour, "out of range; want 1s to 24h, or never"},
		{"UPLOAD_QUOTA", c.UploadQuota >= 5<<20, "less than one GIF; want at least 5MiB"},
		within("STORE_TIMEOUT", c.StoreTimeout, time.Second, 5*time.Minute),
		within("SESSION_CHECK", c.SessionCheck, time.Second, time.Hour),
		within("MAX_CONNECTIONS", c.MaxConns, 1, 10_000_000),
		within("MAX_CONNECTIONS_PER_ADDRESS", c.MaxConnsPerAddr, 1, 10_000_000),
		within("MAX_ROOMS", c.MaxRooms, 1, 10_000_000),
		within("MAX_ROOMS_PER_VISITOR", c.MaxRoomsPerVisitor, 1, 10_000_000),
		within("NOTICE_INTERVAL", c.NoticeInterval, 100*time.Millisecond, time.Hour),
		{"NOTICE_NEWS", len(c.NoticeNews) <= maxNotice, fmt.Sprintf("%d bytes are too long; want at most %d", len(c.NoticeNews), maxNotice)},
		{"NOTICE_GREETING", len(c.NoticeGreeting) <= maxNotice, fmt.Sprintf("%d bytes are too long; want at most %d", len(c.NoticeGreeting), maxNotice)},
		within("NOTICE_RELAY_PER_SECOND", c.NoticeRelayPerSecond, 1, 1_000_000),
		within("RECOVERY_TIME", c.RecoveryTime, 0, time.Hour),
		within("PING_INTERVAL", c.PingInterval, 100*time.Millisecond, 5*time.Minute),
		within("PING_TIMEOUT", c.PingTimeout, 100*time.Millisecond, 5*time.Minute),
		within("MAX_HTTP_BUFFER_SIZE", c.MaxHTTPBufferSize, 1_000, 100_000_000),
		{"LOG_LEVEL", oneOf(c.LogLevel, "debug", "info", "warn", "error"), fmt.Sprintf("%q is unknown; want debug, info, warn or error", c.LogLevel)},
	}
}

// maxNotice is the size of the longest notice in bytes. The notice is sent to every
// client every few seconds.
const maxNotice = 1000

// secretCheck accepts an empty secret, because the server then generates one.
func secretCheck(key, v string) check {
	if v == "gifchat" {
		return check{key, false, "this is the secret of a textbook; choose your own of at least 32 bytes, or leave it empty"}
	}
	return check{key, v == "" || len(v) >= session.MinSecret, fmt.Sprintf("%d bytes are too short; want at least %d, or nothing", len(v), session.MinSecret)}
}

func within[T int | time.Duration](key string, v, low, high T) check {
	return check{key, low <= v && v <= high, fmt.Sprintf("%v is out of range; want %v to %v", v, low, high)}
}

func oneOf(v string, allowed ...string) bool { return slices.Contains(allowed, v) }

// firstBad returns a check that fails for the first element that bad rejects.
// bad returns the reason, or "".
func firstBad(key string, list []string, bad func(string) string) check {
	for _, v := range list {
		if why := bad(v); why != "" {
			return check{key, false, fmt.Sprintf("%q %s", v, why)}
		}
	}
	return check{key: key, ok: true}
}

// badProxy rejects invalid addresses, and networks so large that any client
// could forge its address.
func badProxy(v string) string {
	if _, err := netip.ParseAddr(v); err == nil {
		return ""
	}
	p, err := netip.ParsePrefix(v)
	switch {
	case err != nil:
		return "is neither an IP address nor a network such as 10.0.0.0/8"
	case p.Bits() < 8:
		return "would let anyone choose the address we log; want the proxy's own address or network"
	}
	return ""
}

// badOrigin rejects values that browsers do not send as Origin, and the values
// that would allow every page.
func badOrigin(v string) string {
	if v == "*" || v == "null" {
		return "would let any page on the web act for your visitors; name the origins"
	}
	u, err := url.Parse(v)
	if err != nil || !oneOf(u.Scheme, "http", "https") || u.Host == "" || v != u.Scheme+"://"+u.Host {
		return "is not an origin such as https://chat.example.org, without a path or a final slash"
	}
	return ""
}

// isHostPort reports whether host is a name or an address followed by a port.
func isHostPort(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && strings.Contains(host, ":")
}
