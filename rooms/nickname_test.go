package rooms

import (
	"errors"
	"strings"
	"testing"
)

// nickError returns the stored form of a nickname, or the reason why it is refused.
func nickError(nick string) (stored, reason string) {
	stored, err := cleanNick(nick)
	if err == nil {
		err = checkNick(stored)
	}
	if invalid, ok := errors.AsType[*InvalidError](err); ok {
		return "", invalid.Reason
	}
	return stored, ""
}

func TestNick_accepts_ordinary_names(t *testing.T) {
	for nick, want := range map[string]string{
		"": "", "철수": "철수", "  Ada   Lovelace ": "Ada Lovelace", "한": "한", "李": "李", "José": "José",
		"Jose\u0301": "José", "😀 웃음": "😀 웃음", "❤\ufe0f": "❤", "ทดสอบ": "ทดสอบ", "o'Neil-2": "o'Neil-2", strings.Repeat("가", 20): strings.Repeat("가", 20),
		"a\nb": "a b", "2024": "2024", "😀": "😀", "C#": "C#", "F# minor": "F# minor", "♯music": "♯music", "♯coffee": "♯coffee", "井上": "井上", "1b7e6e": "1b7e6e",
		"달님": "달님", "손님": "손님", "해님": "해님", "님": "님", "씨": "씨", "님님": "님님", "홍길동님": "홍길동님", "김씨": "김씨", "선생님": "선생님",
		"관리": "관리", "관리자급": "관리자급", "시스템즈": "시스템즈", "방장님팬": "방장님팬", "서버실": "서버실", "공지영": "공지영", "Systema": "Systema", "Adminton": "Adminton",
		"ownership": "ownership", "부방장": "부방장",
	} {
		if got, reason := nickError(nick); got != want || reason != "" {
			t.Errorf("%q: got %q, %q, want %q", nick, got, reason, want)
		}
	}
}

func TestNick_refuses_misleading_names(t *testing.T) {
	for reason, nicks := range map[string][]string{
		"too_long": {strings.Repeat("가", 21)},
		"bad_character": {
			"a\x00b", "\xff", "a\u202eb", "a\u200bb", "\u3164", "a\u3164", "\u0301", "q\u0301\u0302\u0303", "a\ufe0eb", "a\U000e0041", "\u2800",
		},
		"color": {
			"#7453ac", "＃7453ac", "﹟7453ac", "♯1b7e6e", "♯1B7E6E", "# 1b7e6e", "＃１ｂ７ｅ６ｅ", "♯lb7e6e", "♯Ib7e6e", "♯1b7е6е", "#7453аc", "⌗1b7e6e",
			"#\u20e31b7e6e", "♯1b7e6e님", "'♯1b7e6e'", "⋕OO0000", "#고양이", "♯𝟏𝐛𝟕𝐞𝟔𝐞", "井1b7e6e", "나는 #1b7e6e", "♯ⓐⓑⓒⓓⓔⓕ", "♯АВСЕ12",
		},
		"reserved": {
			"system", "SYSTEM", "System", "ѕуѕtеm", "ЅУЅТЕМ", "SΥSΤΕΜ", "ЅYЅТЕМ", "sys tem", "s.y.s.t.e.m", "sуstем", "ｓｙｓｔｅｍ", "𝐒𝐘𝐒𝐓𝐄𝐌", "Ⓢⓨⓢⓣⓔⓜ",
			"Ａdmin", "ADMIN", "АDМIN", "ΑDΜΙΝ", "ADMlN", "ADM1N", "ADM|N", "-adm|n-", "ádmin", "🅰🅳🅼🅸🅽", "🇦🇩🇲🇮🇳", "ᴀᴅᴍɪɴ", "ꜱʏꜱᴛᴇᴍ", "Oᴡɴᴇʀ", "ᴀᴅᴍɪɴ님", "Admin님", "admin.", "[admin]", "★ADMIN★",
			"ΑDΜΙΝΙSΤRΑΤΟR", "ADMINISTRATOR", "0wner", "OWNER", "ΟWΝΕR", "ОWNЕR", "SERVER", "ЅЕRVЕR", "moderator", "МОDЕRАТОR",
			"시스템", "시스템.", "시스템。", "시 스 템", "시스템님", "관리자", "관리자.", "관리자님.", "-관리자-", "ー관리자ー", "ㅡ관리자ㅡ", "ㆍ관리자ㆍ", "관리자✓", "👑방장", "방장👑",
			"방장", "방 장", "방장님", "방장 님", "방장님!", "(방장)", "방장씨", "방장 씨", "방장쌤", "방장선생님", "방장님님", "방.장", "방·장", "방장~", "운영자님", "서버님", "공지", "공지사항",
			"시스템관리자", "시스템 관리자님", "서버관리자", "system admin", "System-Administrator", "\u1107\u1161\u11bc\u110c\u1161\u11bc",
		},
	} {
		for _, nick := range nicks {
			if got, why := nickError(nick); why != reason {
				t.Errorf("%q: got %q, %q, want %s", nick, got, why, reason)
			}
		}
	}
}

func FuzzNick(f *testing.F) {
	for _, seed := range []string{"철수", "Ada Lovelace", "ѕуѕtеm", "a\u202eb", "#7453ac", "\xff", "😀", "방장님"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, nick string) {
		stored, reason := nickError(nick)
		if reason != "" {
			return
		}
		if again, reason := nickError(stored); again != stored || reason != "" {
			t.Errorf("stored form of %q, %q: got %q, %s, want it unchanged", nick, stored, again, reason)
		}
		if (stored == "") != (len(NickKeys(stored)) == 0) {
			t.Errorf("keys of %q: got %q", stored, NickKeys(stored))
		}
	})
}
