package i18n

import "strings"

// roomScriptSentences are the sentences that only the scripts of a room show. %s is the
// name of a person, unless a comment says otherwise.
var roomScriptSentences = map[string]sentence{
	"you":    {"나", "you"},
	"owner":  {"방장", "owner"},
	"muted":  {"음소거", "muted"},
	"bot":    {"봇", "bot"},
	"cancel": {"취소", "Cancel"},

	"menu.person":  {"%s 메뉴", "Actions for %s"},
	"menu.message": {"메시지 메뉴", "Message actions"},

	"whisper":       {"귓속말", "Whisper"},
	"whisper.mode":  {"%s에게 귓속말", "Whispering to %s"},
	"whisper.to":    {"%s에게 귓속말", "Whisper to %s"},
	"whisper.from":  {"%s의 귓속말", "%s whispers"},
	"whisper.leave": {"귓속말 그만하기", "Stop whispering"},

	// %s is the length of the text, or the number of characters above the limit. %c is
	// the limit.
	"text.count":      {"%s / %c자", "%s / %c characters"},
	"text.long":       {"너무 길어서 보낼 수 없어요. %s자를 줄여 주세요.", "Too long to send: %s over the limit."},
	"text.not_pasted": {"붙여 넣으면 너무 길어져서 넣지 않았어요. 나누어 보내 주세요.", "Not pasted: the message would be too long. Send it in parts."},

	"edit":        {"고치기", "Edit"},
	"edit.alt":    {"설명 고치기", "Edit description"},
	"edit.mode":   {"메시지 고치는 중", "Editing your message"},
	"edit.altNow": {"GIF 설명 고치는 중", "Describing your GIF"},
	"edit.leave":  {"고치기 그만두기", "Stop editing"},
	"edit.failed": {"고치지 못했어요", "Not changed"},
	"edit.undo":   {"되돌리기", "Undo"},

	"remove":      {"지우기", "Delete"},
	"remove.sure": {"이 메시지를 지울까요?", "Delete this message?"},

	"nick.change": {"이름 정하기", "Change name"},
	"nick.done":   {"이름을 바꿨어요.", "Your name was changed."},
	"failed":      {"연결이 느려요. 다시 해 주세요.", "The connection is slow. Try again."},

	"mute.short":    {"%s분 음소거", "Mute for %s minutes"},
	"mute.long":     {"계속 음소거", "Mute until unmuted"},
	"unmute":        {"음소거 해제", "Unmute"},
	"kick":          {"내보내기", "Send out"},
	"kick.sure":     {"%s님을 내보낼까요?", "Send %s out?"},
	"ban":           {"차단", "Ban"},
	"ban.sure":      {"%s님이 다시 들어오지 못하게 할까요?", "Ban %s from this room?"},
	"ban.address":   {"같은 주소에서 새로 오는 사람도 1시간 동안 막기", "Also block newcomers from the same address for an hour"},
	"ban.away":      {"그 사람이 방에 없어서 주소는 막지 못하고 그 사람만 차단했어요.", "That person is not here. The person was banned, but not the address."},
	"delegate":      {"방장 넘기기", "Make owner"},
	"delegate.sure": {"%s님에게 방장을 넘길까요?", "Make %s the owner?"},

	"unban":        {"차단 해제", "Unban"},
	"bans.address": {"같은 주소의 새 사람도 %s분 동안 막음", "and newcomers from the same address for %s min"},
	"bans.none":    {"차단한 사람이 없어요.", "Nobody is banned."},
	"token.end":    {"끝내기", "End"},
	"token.sure":   {"이 토큰을 끝낼까요?", "End this token?"},
	"token.none":   {"아직 토큰이 없어요.", "No tokens yet."},
	"token.say":    {"안녕하세요", "hello"},
	"copied":       {"복사했어요.", "Copied."},
	"saved":        {"저장했어요.", "Saved."},

	"frozen": {"방장이 대화를 멈췄어요.", "The owner has paused the conversation."},
	"silent": {"지금은 이 방에서 말할 수 없어요.", "You cannot speak in this room at the moment."},

	"ended.kicked":    {"방장이 내보냈어요.", "The owner has sent you out."},
	"ended.banned":    {"이 방에는 더 이상 들어갈 수 없어요.", "You may not enter this room any more."},
	"ended.quit":      {"방에서 나갔어요.", "You have left the room."},
	"ended.removed":   {"방이 삭제되었어요.", "The room was deleted."},
	"ended.ended":     {"이제 이 방에 있지 않아요.", "You are no longer in this room."},
	"quit.sure":       {"이 방에서 완전히 나갈까요?", "Leave this room for good?"},
	"quit.yes":        {"완전히 나가기", "Leave for good"},
	"removeRoom.sure": {"이 방과 모든 메시지를 지울까요?", "Delete this room and all its messages?"},
	"removeRoom.yes":  {"방 삭제", "Delete room"},
}

// pageKeys lists the sentences that the scripts of each page show. A key that ends in
// a dot stands for every key that begins with it. The scripts of a room also show
// roomScriptSentences. test/page-data.test.js compares the list with the scripts.
var pageKeys = map[string][]string{
	"home": {"home.private", "home.public"},
	"notice": {
		"notice.in", "notice.out", "notice.others", "notice.many",
		"notice.open", "notice.closed", "notice.pause", "notice.resume",
	},
	"room": {
		"topic.",
		"room.offline", "room.online", "room.still", "room.play", "room.uploading",
		"room.sending", "room.failed", "room.retry", "room.discard",
		"room.gone", "room.damaged", "room.edited",
		"error.not_a_gif", "error.gif_broken", "error.gif_too_large", "error.gif_too_wide",
	},
}

// PageSentences returns the sentences for the scripts of each page, by the page's name and
// the sentence's key.
func PageSentences(l Language) map[string]map[string]string {
	pages := make(map[string]map[string]string)
	for page, keys := range pageKeys {
		texts := make(map[string]string)
		for _, wanted := range keys {
			for key, s := range sentences {
				if key == wanted || strings.HasSuffix(wanted, ".") && strings.HasPrefix(key, wanted) {
					texts[key] = s.in(l)
				}
			}
		}
		pages[page] = texts
	}
	for key, s := range roomScriptSentences {
		pages["room"][key] = s.in(l)
	}
	return pages
}
