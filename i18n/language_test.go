package i18n_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gifchat/i18n"
)

func TestAccepted_chooses_the_heaviest_known_language(t *testing.T) {
	for header, want := range map[string]i18n.Language{
		"":                               i18n.Korean,
		"en":                             i18n.English,
		"EN":                             i18n.English,
		"en-US,en;q=0.9":                 i18n.English,
		"en-AU":                          i18n.English,
		"ko-KR,en;q=0.5":                 i18n.Korean,
		"en;q=0.3,ko;q=0.8":              i18n.Korean,
		"en;q=0.5,ko;q=0.5":              i18n.English,
		"fr":                             i18n.Korean,
		"fr,en;q=0.1":                    i18n.English,
		"cy":                             i18n.Korean, // Unicode's data match Welsh to English: too far
		"en;q=0":                         i18n.Korean,
		"ko;q=0,en":                      i18n.English,
		"*":                              i18n.Korean,
		"en;q=x,ko":                      i18n.Korean,
		"-,en":                           i18n.English,
		",,en,":                          i18n.English,
		" en ; q=0.2 , fr":               i18n.English,
		strings.Repeat("fr,", 19) + "en": i18n.English,
		strings.Repeat("fr,", 20) + "en": i18n.Korean, // beyond the entries that are read
		strings.Repeat("en-", 10_000):    i18n.Korean,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := i18n.Accepted(r); got != want {
			t.Errorf("Accept-Language %.40q: got %s, want %s", header, got, want)
		}
	}
}

func TestChoice_prefers_query_then_cookie_then_header(t *testing.T) {
	for _, tt := range []struct {
		query, cookie string
		want          i18n.Language
		byQuery       bool
	}{
		{"", "", i18n.Korean, false},
		{"", "en", i18n.English, false},
		{"?lang=ko", "en", i18n.Korean, true},
		{"?lang=en", "", i18n.English, true},
		{"?lang=fr", "en", i18n.English, false},
		{"", "fr", i18n.Korean, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/"+tt.query, nil)
		r.Header.Set("Accept-Language", "ko")
		if tt.cookie != "" {
			r.AddCookie(&http.Cookie{Name: "lang", Value: tt.cookie})
		}
		if got, byQuery := i18n.Choice(r); got != tt.want || byQuery != tt.byQuery {
			t.Errorf("query %q, cookie %q: got %s, %t, want %s, %t", tt.query, tt.cookie, got, byQuery, tt.want, tt.byQuery)
		}
	}
}
