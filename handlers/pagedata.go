package handlers

import (
	"strings"

	"gifchat/rooms"
)

// pageData is what the scripts of a page need from the server, as JSON in the
// page: the sentences of its language, and limits that the server sets.
type pageData struct {
	Words  map[string]string `json:"words"`
	Limits map[string]int64  `json:"limits"`
}

// scriptKeys lists the sentences that the scripts of each page show. A key that
// ends in a dot stands for every key that begins with it. The scripts of a room
// also show those of scripted. test/page-data.test.js compares the list with
// the scripts.
var scriptKeys = map[string][]string{
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

// scriptLimits returns the limits that scripts check or show.
func scriptLimits() map[string]int64 {
	gifs := rooms.GIFLimits()
	return map[string]int64{
		"message":     rooms.MaxText,              // characters
		"description": rooms.MaxDescription,       // characters, of a GIF
		"gifBytes":    gifs.Bytes,                 // of a file
		"gifSide":     int64(gifs.Side),           // pixels, of a file
		"gifWidth":    widestGIF,                  // pixels, on the page
		"gifHeight":   tallestGIF,                 // pixels, on the page
		"groupWithin": groupWithin.Milliseconds(), // between messages that are shown as a group
		"whispers":    maxPage,                    // in one answer
	}
}

// newPageDatas returns the data of each page with scripts, by the page's name.
func newPageDatas(l language) map[string]pageData {
	datas := make(map[string]pageData)
	for page := range scriptKeys {
		datas[page] = newPageData(l, page)
	}
	return datas
}

func newPageData(l language, page string) pageData {
	words := make(map[string]string)
	if page == "room" {
		for key, s := range scripted {
			words[key] = s.in(l)
		}
	}
	for _, wanted := range scriptKeys[page] {
		for key, s := range sentences {
			if key == wanted || strings.HasSuffix(wanted, ".") && strings.HasPrefix(key, wanted) {
				words[key] = s.in(l)
			}
		}
	}
	return pageData{Words: words, Limits: scriptLimits()}
}
