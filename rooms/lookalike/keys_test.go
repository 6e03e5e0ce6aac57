package lookalike

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// share reports whether two names have a common key.
func share(a, b string) bool {
	keys := Keys(b)
	return slices.ContainsFunc(Keys(a), func(key string) bool { return slices.Contains(keys, key) })
}

func TestKeys_of_names_that_look_the_same(t *testing.T) {
	for what, same := range map[string][]string{
		"case":                       {"Bob", "BOB", "bob", "bOB"},
		"Cyrillic":                   {"BOB", "ВОВ", "Bob", "ВOВ", "BОB"},
		"Cyrillic_small_letters":     {"paypal", "раураl", "PAYPAL", "РАУРАL", "PayРаl"},
		"Greek":                      {"BOB", "ΒΟΒ", "ΒOB"},
		"Greek_and_Cyrillic":         {"ΗΕΝ", "НЕN", "HEN", "hen"},
		"Armenian_and_others":        {"oo", "օօ", "οο", "оо", "ഠഠ"},
		"width":                      {"Bob", "Ｂｏｂ", "ＢＯＢ"},
		"mathematical":               {"Bob", "𝐁𝐨𝐛", "𝑩𝒐𝒃", "𝔹𝕠𝕓", "𝙱𝚘𝚋", "𝓑𝓸𝓫"},
		"circles_and_squares":        {"Bob", "ⒷⓄⒷ", "ⓑⓞⓑ", "🄱🄾🄱", "🅑🅞🅑", "🅱🅾🅱", "🇧🇴🇧"},
		"superscripts":               {"bob", "ᵇᵒᵇ"},
		"small_capitals":             {"Bob", "ʙᴏʙ", "BOB", "Bᴏʙ", "ВОВ"},
		"strokes":                    {"Ill", "lll", "III", "1ll", "|ll", "Ӏll", "ΙΙΙ", "ℓll", "ⅼⅼⅼ", "Ｉll"},
		"zero":                       {"B0B", "BOB", "bob", "b0b", "ВОВ"},
		"one_and_L":                  {"Bob1", "Bobl", "BOBI", "bob|"},
		"rn":                         {"rn", "m", "M", "RN", "rｎ"},
		"rn_in_a_name":               {"Bernie", "Bemie", "BERNIE"},
		"ligatures":                  {"fin", "ﬁn", "FIN"},
		"long_s":                     {"sire", "ſire", "SIRE"},
		"long_s_seen_as_f":           {"fire", "ſire"},
		"sharp_s":                    {"Straße", "STRASSE", "strasse", "STRAẞE"},
		"dotted_I":                   {"irem", "İrem", "i\u0307rem", "Irem"},
		"dotless_i":                  {"irem", "ırem"},
		"a_dot_that_is_not_seen":     {"jin", "j\u0307in", "ji\u0307n"},
		"composed_and_not":           {"José", "Jose\u0301", "JOSÉ"},
		"marks_in_another_order":     {"a\u0323\u0302", "a\u0302\u0323", "ậ"},
		"Roman_numerals":             {"IV", "Ⅳ", "iv", "Ⅳ"},
		"spaces":                     {"ab c", "a bc", "abc", "a\u3000b\u00a0c"},
		"Hangul_with_spaces":         {"철수", "철 수", "철\u3000수"},
		"Hangul_syllables_and_jamo":  {"한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"},
		"jamo":                       {"ㅁㅁ", "\u1106\u1106", "ﾱﾱ", "ㅁ\u1106"},
		"lines":                      {"ㅡ", "ー", "一", "—", "\u1173"},
		"middle_dots":                {"김·철수", "김・철수", "김ㆍ철수"},
		"katakana_and_Han":           {"ロ", "口"},
		"katakana_width":             {"タロウ", "ﾀﾛｳ"},
		"Han_radicals":               {"木", "⽊"},
		"Han_compatibility":          {"李", "李"},
		"apostrophes":                {"o'Neil", "o’Neil", "oʼNeil", "O`NEIL"},
		"right_to_left_with_a_digit": {"א1", "1א"},
		"right_to_left_name":         {"דוד1", "1דוד"},
		"Arabic_with_a_digit":        {"علي2", "2علي"},
		"Arabic_forms":               {"علي", "ﻋﻠﻲ"},
		"Hebrew_forms":               {"אב", "ﬡב"},
	} {
		t.Run(what, func(t *testing.T) {
			for _, a := range same {
				if !share(same[0], a) {
					t.Errorf("keys of %q and %q: got %q and %q, want a common key", same[0], a, Keys(same[0]), Keys(a))
				}
			}
		})
	}
}

func TestKeys_of_names_that_look_different(t *testing.T) {
	for _, pair := range [][2]string{
		{"철수", "철주"},
		{"가", "카"},
		{"각가", "가까"},
		{"학교", "하꾜"},
		{"ㅎㅏ", "하"},
		{"ㅇㅇ", "OO"},
		{"ㅇ", "0"},
		{"ㅣ", "l"},
		{"개", "가이"},
		{"웨", "왜"},
		{"ㅋㅋ", "ㅋㅋㅋ"},
		{"ㅏ", "ㅑ"},
		{"ada", "bob"},
		{"bob1", "bob2"},
		{"Ian", "Lan"},
		{"Lia", "Ila"},
		{"Ali", "All"},
		{"Kai", "Kal"},
		{"вов", "bob"},
		{"José", "Jose"},
		{"a.b", "ab"},
		{"a-b", "a.b"},
		{"김·철수", "김철수"},
		{"דוד", "דוו"},
		{"רחל", "לחר"},
		{"משה כהן", "כהן משה"},
		{"علي", "عيل"},
		{"😀", "😁"},
		{"太郎", "大郎"},
		{"1등", "2등"},
		{"は", "ば"},
	} {
		if share(pair[0], pair[1]) {
			t.Errorf("keys of %q and %q: got %q and %q, want no common key", pair[0], pair[1], Keys(pair[0]), Keys(pair[1]))
		}
	}
}

// Ordinary names must not exclude each other.
func TestKeys_of_common_names_do_not_collide(t *testing.T) {
	b, err := os.ReadFile("testdata/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(b))
	slices.Sort(all)
	all = slices.Compact(all)
	owner := make(map[string]string)
	for _, name := range all {
		for _, key := range Keys(name) {
			if other := cmp.Or(owner[key], name); other != name {
				t.Errorf("key %q: got it for %s and %s, want it for one", key, other, name)
			}
			owner[key] = name
		}
	}
	if len(all) < 700 {
		t.Errorf("names: got %d, want at least 700", len(all))
	}
}

func TestKeys_of_all_Hangul_syllables_are_different(t *testing.T) {
	owner := make(map[string]rune)
	for r := '가'; r <= '힣'; r++ {
		for _, key := range Keys(string(r)) {
			if other, taken := owner[key]; taken {
				t.Errorf("key %q: got it for %c and %c, want it for one", key, other, r)
			}
			owner[key] = r
		}
	}
}

func TestKeys_of_nothing_to_see(t *testing.T) {
	for _, name := range []string{"", " ", "\u3000", "\u200b", "\u3164", "\u115f\u1160", "\ufe0f"} {
		if got := Keys(name); len(got) > 0 {
			t.Errorf("keys of %q: got %q, want none", name, got)
		}
	}
}

func TestPrototype_is_that_of_the_table(t *testing.T) {
	for r, want := range map[rune]string{
		'A': "", 'I': "l", '|': "l", '0': "O", 'm': "rn", '"': "''", 'В': "B", '\u3161': "\u30fc", '\U0001FBF9': "9", 'ﬁ': "fi",
		0: "", '\n': "", utf8.MaxRune: "", utf8.RuneError: "",
	} {
		if got := prototype(r); got != want {
			t.Errorf("prototype(%q): got %q, want %q", r, got, want)
		}
	}
	records := 0
	last := rune(-1)
	for record := range strings.Lines(table) {
		source, n := utf8.DecodeRuneInString(record)
		want := strings.TrimSuffix(record[n:], "\n")
		if got := prototype(source); got != want || want == "" || source <= last {
			t.Errorf("%q after %q: got %q, want %q", source, last, got, want)
		}
		last = source
		records++
	}
	if records != mappings || records < 6000 {
		t.Errorf("records: got %d, want %d", records, mappings)
	}
}

func TestBare(t *testing.T) {
	for name, want := range map[string]string{
		"-관리자-": "관리자", "방 장": "방장", "ㅡ관리자ㅡ": "관리자", "ㆍ방장ㆍ": "방장", "⭐방장⭐": "방장", "ádmin!": "admin", "Ⓐdmin": "Admin", "😀": "",
	} {
		if got := Bare(name); got != want {
			t.Errorf("Bare(%q): got %q, want %q", name, got, want)
		}
	}
}

func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"철수", "Ada Lovelace", "ѕуѕtеm", "א1", "i\u0307", "\ue000", "\xff", "😀"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		keys := Keys(name)
		for _, key := range keys {
			if len(key) <= KindLength || strings.ContainsFunc(key, unicode.IsSpace) {
				t.Errorf("keys of %q: got %q, want keys without spaces that are not empty", name, key)
			}
		}
		if spaced := strings.Join(strings.Split(name, ""), " "); utf8.ValidString(name) && len(keys) > 0 && len(Keys(spaced)) == 0 {
			t.Errorf("keys of %q: got none, want some as %q has %q", spaced, name, keys)
		}
		if len(name) > 0 && len(keys) > 0 && !share(name, " "+name+" ") {
			t.Errorf("keys of %q with spaces around it: got none in common, want one", name)
		}
	})
}

func BenchmarkKeys(b *testing.B) {
	for _, name := range []string{"철수", "Ada Lovelace", "ВОВ 1234567890", "דוד1"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Keys(name)
			}
		})
	}
}
