// Package i18n has the Korean and English sentences of pages, scripts, notices
// and errors, and chooses the language of an answer.
//
// The sentences are in sentences.go and, if only the scripts of a room show them, in
// scripts.go. language.go chooses the language, text.go looks up a sentence.
package i18n
