// Package handlers is what a browser or a Socket.IO client meets: routes,
// sessions, pages, namespaces and events. It translates between them and
// rooms.Chat and decides nothing about rooms itself; it knows nothing of SQL
// and nothing of how packets travel.
//
// What is where: handlers.go has every route on one screen; events.go every
// word of the Socket.IO wire; errors.go what each refusal is called;
// sentences.go every sentence a visitor reads.
package handlers
