package handlers_test

import (
	"strings"
	"testing"

	"gifchat/ratelimit"
)

// Each refusal of a file, in both languages, as a line for programs and as a page for
// browsers without scripts.
func TestUpload_refusal_names_what_is_wrong(t *testing.T) {
	h := open(t, func(cfg *settings) { cfg.Limits.Visitor = ratelimit.Unlimited })
	v := h.visitor(t)
	room := v.makeRoom("방", "")
	sized := func(size string) string { return "GIF89a" + size + smallGIF[10:] }
	frame := smallGIF[strings.Index(smallGIF, ",") : len(smallGIF)-1]
	head := smallGIF[:19]

	for name, tt := range map[string]struct {
		file   string
		status int
		reason string
		ko, en string
	}{
		"no GIF":         {"\x89PNG\r\n\x1a\n", 415, "invalid", "GIF 파일만 올릴 수 있어요.", "Only GIF files can be sent."},
		"an empty file":  {"", 415, "invalid", "GIF 파일만 올릴 수 있어요.", "Only GIF files can be sent."},
		"a cut header":   {head[:10], 400, "invalid", "이 GIF는 열 수 없어요. 파일이 깨졌을 수 있어요.", "This GIF can’t be opened. The file may be damaged."},
		"no frame":       {head + ";", 400, "invalid", "이 GIF는 열 수 없어요. 파일이 깨졌을 수 있어요.", "This GIF can’t be opened. The file may be damaged."},
		"a broken block": {head + "x" + frame, 400, "invalid", "이 GIF는 열 수 없어요. 파일이 깨졌을 수 있어요.", "This GIF can’t be opened. The file may be damaged."},
		"5 MiB and more": {head + strings.Repeat("!\xfe\xff"+strings.Repeat("x", 255)+"\x00", 21_000) + frame, 413, "too_large", "GIF는 5MB까지 올릴 수 있어요.", "GIFs can be up to 5 MB."},
		"too wide":       {sized("\x01\x10\x01\x00"), 413, "invalid", "GIF는 가로와 세로가 각각 4,096픽셀까지여야 해요.", "GIFs can be up to 4,096 pixels wide and 4,096 pixels high."},
		"too large an area": {
			sized("\x00\x10\x00\x10"), 413, "invalid",
			"GIF 화면이 너무 커요. 3840×2160만 한 크기(약 830만 픽셀)까지 올릴 수 있어요.", "This GIF’s picture is too big. It can have up to 8.3 million pixels, as many as 3840×2160.",
		},
		"too many pixels": {
			"GIF89a\x00\x0f\x70\x08" + head[10:] + strings.Repeat(frame, 242), 413, "invalid",
			"GIF가 너무 크고 길어요. 가로×세로×프레임 수가 20억을 넘지 않게 줄여 주세요.", "This GIF is too big and too long. Its width × height × frames can be up to 2 billion.",
		},
		"too many frames": {head + strings.Repeat(frame, 1001), 413, "invalid", "GIF는 1,000프레임까지 올릴 수 있어요.", "GIFs can have up to 1,000 frames."},
		"too many blocks": {
			head + strings.Repeat("!\xfe\x00", 132_000) + frame, 413, "invalid",
			"이 GIF는 너무 잘게 나뉘어 있어요. 다른 프로그램으로 다시 저장해서 올려 주세요.", "This GIF is split into too many pieces. Save it again with another program, then send that.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for language, words := range map[string]string{"ko": tt.ko, "en": tt.en} {
				for _, accept := range []string{"*/*", "text/html"} {
					kind, body := upload("x.gif", tt.file)
					got := v.send("POST", room+"/gif", body, "Content-Type", kind, "Accept", accept, "Accept-Language", language)
					if got.StatusCode != tt.status || got.Header.Get("X-Reason") != tt.reason || got.Header.Get("Retry-After") != "" {
						t.Errorf("got %d %s, want %d %s", got.StatusCode, got.Header.Get("X-Reason"), tt.status, tt.reason)
					}
					if accept == "*/*" && got.body != words || !strings.Contains(got.body, words) {
						t.Errorf("%s for %s: got %.300q, want %q", language, accept, got.body, words)
					}
				}
			}
		})
	}

	kind, body := "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"\"\r\n\r\n\r\n--x--\r\n"
	if got := v.send("POST", room+"/gif", strings.NewReader(body), "Content-Type", kind); got.StatusCode != 400 || got.body != "올릴 GIF를 골라 주세요." {
		t.Errorf("a form without a file: got %d %q, want 400 and the request to choose a GIF", got.StatusCode, got.body)
	}
}
