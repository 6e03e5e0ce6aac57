package siotest

import "strings"

// MatchesPattern reports whether s matches a pattern in which * matches any text.
func MatchesPattern(s, pattern string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return s == pattern
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, ok = strings.Cut(rest, part); !ok {
			return false
		}
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}
