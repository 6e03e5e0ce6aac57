package events

// The names of the wire. docs/events.md describes the events; package wire has
// their payloads.
const (
	rootNamespace  = "/"
	lobbyNamespace = "/room"
	chatNamespace  = "/chat"

	eventNewRoom      = "newRoom"
	eventChangeRoom   = "changeRoom"
	eventRemoveRoom   = "removeRoom"
	eventPeople       = "people"       // lobby: the number of people in a room
	eventParticipants = "participants" // chat: the people in the room
	eventJoin         = "join"
	eventLeave        = "leave"
	eventExit         = "exit"
	eventChat         = "chat"
	eventNotice       = "notice"
	eventSync         = "sync"
	eventRoom         = "room" // chat: the room's settings
	eventEdit         = "edit"
	eventRemove       = "remove"
	eventWhisper      = "whisper"
	eventWhispers     = "whispers"
	eventNick         = "nick"
	eventQuit         = "quit"
	eventKick         = "kick"
	eventKicked       = "kicked"
	eventBan          = "ban"
	eventUnban        = "unban"
	eventBans         = "bans"
	eventMute         = "mute"
	eventUnmute       = "unmute"
	eventDelegate     = "delegate"
	eventSettings     = "settings"
	eventToken        = "token"
	eventTokens       = "tokens"
	eventError        = "error-message"
)
