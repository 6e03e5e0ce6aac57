package handlers

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// language is one the pages speak.
type language string

const (
	korean  language = "ko"
	english language = "en"

	// languageCookie keeps a choice made by the switch, for a year.
	languageCookie    = "lang"
	languageCookieAge = 365 * 24 * 60 * 60
)

// say returns a sentence; a key that is not in the table comes back as it is,
// so that a slip shows on the page and in the tests.
func say(l language, key string) string {
	s, ok := sentences[key]
	switch {
	case !ok:
		return key
	case l == english:
		return s.en
	default:
		return s.ko
	}
}

// chooseLanguage obeys the switch (?lang=) and remembers what was chosen.
func (h *Handler) chooseLanguage(c *gin.Context) {
	if l, ok := knownLanguage(c.Query("lang")); ok {
		http.SetCookie(c.Writer, &http.Cookie{ //nolint:gosec // Secure follows the configuration
			Name: languageCookie, Value: string(l), Path: "/", MaxAge: languageCookieAge,
			Secure: h.cfg.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
	c.Header("Content-Language", string(languageOf(c)))
	c.Writer.Header().Add("Vary", "Accept-Language, Cookie")
}

func languageOf(c *gin.Context) language {
	if l, ok := knownLanguage(c.Query("lang")); ok {
		return l
	}
	return acceptedLanguage(c.Request)
}

// acceptedLanguage is the switch's choice, else the browser's, else Korean.
func acceptedLanguage(r *http.Request) language {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l, ok := knownLanguage(cookie.Value); ok {
			return l
		}
	}
	return parseAcceptLanguage(r.Header.Get("Accept-Language"))
}

// maxLanguages of an Accept-Language header are looked at; browsers send few.
const maxLanguages = 20

func parseAcceptLanguage(header string) language {
	best, bestWeight := korean, 0.0
	for i, item := range strings.Split(header, ",") {
		if i == maxLanguages {
			break
		}
		tag, params, _ := strings.Cut(strings.TrimSpace(item), ";")
		primary, _, _ := strings.Cut(tag, "-")
		l, ok := knownLanguage(strings.ToLower(primary))
		if !ok {
			continue
		}
		weight := 1.0
		if q, found := strings.CutPrefix(strings.TrimSpace(params), "q="); found {
			weight, _ = strconv.ParseFloat(q, 64)
		}
		if weight > bestWeight {
			best, bestWeight = l, weight
		}
	}
	return best
}

func knownLanguage(name string) (language, bool) {
	switch l := language(name); l {
	case korean, english:
		return l, true
	default:
		return "", false
	}
}
