package i18n

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// Language is a language of the pages.
type Language string

// The languages of the pages. Korean is the default.
const (
	Korean  Language = "ko"
	English Language = "en"
)

const (
	// languageCookie keeps the choice of the language switch.
	languageCookie    = "lang"
	languageCookieAge = 365 * 24 * 60 * 60 // seconds
)

// Languages lists the languages of the pages, the default first.
var Languages = []Language{Korean, English}

// Choice returns the language of the answer to r, and whether its query (?lang=)
// names it. Without a query, the cookie of an earlier choice decides, then
// Accept-Language.
func Choice(r *http.Request) (chosen Language, byQuery bool) {
	if l, ok := known(r.URL.Query().Get("lang")); ok {
		return l, true
	}
	return Accepted(r), false
}

// Of returns the language of the answer to r.
func Of(r *http.Request) Language {
	l, _ := Choice(r)
	return l
}

// Accepted returns the language of the cookie, or that of Accept-Language, or
// Korean. It reads headers only, so that it also works for a Socket.IO handshake.
func Accepted(r *http.Request) Language {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l, ok := known(cookie.Value); ok {
			return l
		}
	}
	return parseAcceptLanguage(r.Header.Get("Accept-Language"))
}

// Cookie returns the cookie that keeps a choice for a year.
func Cookie(l Language, secure bool) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the settings
		Name: languageCookie, Value: string(l), Path: "/", MaxAge: languageCookieAge,
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// maxLanguages is the number of entries of an Accept-Language header that are
// read. Browsers send a handful.
const maxLanguages = 20

// parseAcceptLanguage returns the language with the highest weight. Malformed
// entries are skipped one by one, because the parser rejects a whole header. A
// language.Matcher would also accept related languages, such as English for Welsh.
func parseAcceptLanguage(header string) Language {
	best, bestWeight := Korean, float32(0)
	for i, entry := range strings.Split(header, ",") {
		if i == maxLanguages {
			break
		}
		tags, weights, err := language.ParseAcceptLanguage(entry)
		if err != nil || len(tags) == 0 {
			continue
		}
		base, confidence := tags[0].Base()
		if l, ok := known(base.String()); ok && confidence == language.Exact && weights[0] > bestWeight {
			best, bestWeight = l, weights[0]
		}
	}
	return best
}

func known(name string) (Language, bool) {
	switch l := Language(name); l {
	case Korean, English:
		return l, true
	default:
		return "", false
	}
}
