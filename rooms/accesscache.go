package rooms

import "sync"

// maxCached is the number of members whose access a live room caches: a full room and
// as many programs.
const maxCached = 1024

// accessCache is a cache of the access of members who posted lately, so that a message
// costs no query. The room's row decides: a message carries the authority version under
// which it was allowed, and the store refuses it with ErrOutdated if the row has another
// one. The cache only allows; a refusal always comes from the store.
type accessCache struct {
	mu      sync.Mutex
	room    Room               // guarded by mu, as is members
	members map[Session]Member // with the rights they have at room.Authority
}

// get returns the access of a session, if it is cached.
func (c *accessCache) get(session Session) (access, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.members[session]
	return access{c.room, m}, ok
}

// put remembers the access of a member and drops what has an older version.
func (c *accessCache) put(a access) {
	if a.member.Standing != StandingIn {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.room.Authority < c.room.Authority {
		return
	}
	if a.room.Authority > c.room.Authority || len(c.members) >= maxCached || c.members == nil {
		c.members = make(map[Session]Member)
	}
	c.room = a.room
	c.members[a.member.Session] = a.member
}

// clear drops everything.
func (c *accessCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members = nil
}
