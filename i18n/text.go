package i18n

import "strings"

// sentence is a text in both languages.
type sentence struct{ ko, en string }

func (s sentence) in(l Language) string {
	if l == English {
		return s.en
	}
	return s.ko
}

// Text returns the sentence of a key. It returns an unknown key unchanged, so
// that a mistake shows on the page and fails the tests.
func Text(l Language, key string) string {
	if s, ok := sentences[key]; ok {
		return s.in(l)
	}
	return key
}

// topicPrefix is the beginning of the keys of notices.
const topicPrefix = "topic."

// Notice returns the sentence of a notice's topic, or false for a topic without
// one. nick is the person's name in the room, or empty; color is their colour.
func Notice(l Language, topic, nick, color string) (text string, ok bool) {
	key := topicPrefix + topic
	if topic == "named" && nick == "" {
		key = topicPrefix + "unnamed"
	}
	words, ok := sentences[key]
	if !ok {
		return "", false
	}
	name := nick
	if name == "" {
		name = color
	}
	return strings.NewReplacer("%s", name, "%c", color).Replace(words.in(l)), true
}
