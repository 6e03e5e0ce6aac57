package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestClientID_used_for_another_text_is_invalid_on_every_path(t *testing.T) {
	h := open(t, noLimits)
	ann := h.visitor(t)
	path := ann.makeRoom("방", "")
	room := strings.TrimPrefix(path, "/room/")
	socket := h.dial(t, "/chat", "", ann)
	socket.send(`42/chat,1["join","` + room + `"]`)
	socket.until(`43/chat,1[`)
	bob := h.visitor(t)
	bob.get(path)
	other := h.dial(t, "/chat", "", bob)
	other.send(`42/chat,1["join","` + room + `"]`)
	_, color, _ := strings.Cut(other.until(`43/chat,1[`), `"user":"`)
	color = color[:len("#78583a")]
	socket.send(`42/chat,2["chat",{"chat":"target","clientId":"target"}]`)
	_, seq, _ := strings.Cut(socket.until(`43/chat,2[{"ok":true`), `"seq":`)
	seq, _, _ = strings.Cut(seq, "}")

	posted := func(kind, body string) string {
		return answered(ann.send("POST", path+"/chat", strings.NewReader(body), "Content-Type", kind))
	}
	emitted := func(event string) string {
		socket.send(`42/chat,9` + event)
		got := socket.until(`43/chat,9[`)
		if _, reason, refused := strings.Cut(got, `"reason":"`); refused {
			reason, field, _ := strings.Cut(reason, `","field":"`)
			field, _, _ = strings.Cut(field, `"`)
			return reason + " " + field
		}
		return "ok"
	}
	uploaded := func(file string) string {
		body := "--x\r\nContent-Disposition: form-data; name=\"clientId\"\r\n\r\ngif\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"gif\"; filename=\"a.gif\"\r\n\r\n" + file + "\r\n--x--\r\n"
		return answered(ann.send("POST", path+"/gif", strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=x"))
	}
	for _, step := range []struct{ name, got, want string }{
		{"JSON", posted("application/json", `{"chat":"one","clientId":"json"}`), "ok"},
		{"JSON_again", posted("application/json", `{"chat":"one","clientId":"json"}`), "ok"},
		{"JSON_with_another_text", posted("application/json", `{"chat":"two","clientId":"json"}`), "invalid"},
		{"form", posted(formType, `chat=one&clientId=form`), "ok"},
		{"form_again", posted(formType, `chat=one&clientId=form`), "ok"},
		{"form_with_another_text", posted(formType, `chat=two&clientId=form`), "invalid"},
		{"event_with_the_form's_text", emitted(`["chat",{"chat":"one","clientId":"form"}]`), "ok"},
		{"event_with_another_text", emitted(`["chat",{"chat":"two","clientId":"form"}]`), "invalid clientId"},
		{"upload", uploaded(smallGIF), "ok"},
		{"upload_again", uploaded(smallGIF), "ok"},
		{"upload_of_another_file", uploaded(twoFrames), "invalid"},
		{"text_for_an_upload", emitted(`["chat",{"chat":"two","clientId":"gif"}]`), "invalid clientId"},
		{"edit", emitted(`["edit",{"seq":` + seq + `,"chat":"one","clientId":"edit"}]`), "ok"},
		{"edit_again", emitted(`["edit",{"seq":` + seq + `,"chat":"one","clientId":"edit"}]`), "ok"},
		{"edit_with_another_text", emitted(`["edit",{"seq":` + seq + `,"chat":"two","clientId":"edit"}]`), "invalid clientId"},
		{"target_of_the_edit", emitted(`["chat",{"chat":"target","clientId":"target"}]`), "ok"},
		{"target_with_the_edit's_text", emitted(`["chat",{"chat":"one","clientId":"target"}]`), "invalid clientId"},
		{"removal", emitted(`["remove",{"seq":` + seq + `,"clientId":"remove"}]`), "ok"},
		{"removal_again", emitted(`["remove",{"seq":` + seq + `,"clientId":"remove"}]`), "ok"},
		{"removed_target", emitted(`["chat",{"chat":"target","clientId":"target"}]`), "ok"},
		{"removed_target_with_another_text", emitted(`["chat",{"chat":"two","clientId":"target"}]`), "invalid clientId"},
		{"whisper", emitted(`["whisper",{"to":"` + color + `","chat":"one","clientId":"w"}]`), "ok"},
		{"whisper_again", emitted(`["whisper",{"to":"` + color + `","chat":"one","clientId":"w"}]`), "ok"},
		{"whisper_with_another_text", emitted(`["whisper",{"to":"` + color + `","chat":"two","clientId":"w"}]`), "invalid clientId"},
	} {
		if step.got != step.want {
			t.Errorf("%s: got %s, want %s", step.name, step.got, step.want)
		}
	}
}

// answered returns the reason of a refusal over HTTP, else "ok".
func answered(got answer) string {
	if got.StatusCode >= http.StatusBadRequest {
		return got.Header.Get("X-Reason")
	}
	return "ok"
}
