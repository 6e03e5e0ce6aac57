// Package i18n has the Korean and English sentences of pages, scripts, notices
// and errors, and chooses the language of an answer.
//
// What the files contain: sentences.go the sentences of pages and errors,
// scripts.go those that only scripts show, language.go the choice.
package i18n
