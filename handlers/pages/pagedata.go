package pages

import (
	"gifchat/handlers/wire"
	"gifchat/i18n"
	"gifchat/rooms"
)

// pageData is what the scripts of a page need from the server, as JSON in the page: the
// sentences of its language, and limits that the server sets.
type pageData struct {
	Sentences map[string]string `json:"sentences"`
	Limits    map[string]int64  `json:"limits"`
}

// newPageData returns the data of each page with scripts, by the page's name.
func newPageData(l i18n.Language) map[string]pageData {
	data := make(map[string]pageData)
	for page, sentences := range i18n.PageSentences(l) {
		data[page] = pageData{Sentences: sentences, Limits: scriptLimits()}
	}
	return data
}

// scriptLimits returns the limits that scripts check or show.
func scriptLimits() map[string]int64 {
	gifs := rooms.GIFLimits()
	return map[string]int64{
		"message":     rooms.MaxText,              // characters
		"description": rooms.MaxDescription,       // characters, of a GIF
		"gifBytes":    gifs.Bytes,                 // of a file
		"gifSide":     int64(gifs.Side),           // pixels, of a file
		"gifWidth":    maxGIFWidth,                // pixels, on the page
		"gifHeight":   maxGIFHeight,               // pixels, on the page
		"groupWithin": groupWithin.Milliseconds(), // between messages that are shown as a group
		"whispers":    wire.MaxPage,               // in one answer
	}
}
