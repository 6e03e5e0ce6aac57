package socketio

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
)

// maxAuth bounds the payload of CONNECT that identifies a client, in bytes.
// Decoding it uses about forty times as much memory.
const maxAuth = 16 << 10

// authIdentity identifies a client by its identity and by the payload of its
// CONNECT. A digest uses less memory than the payload.
type authIdentity struct {
	identity any
	auth     [sha256.Size]byte
}

// identify returns what identifies a client. ok is false if nothing does, and
// the client gets no session. It calls the application, so mu must not be held.
func (r *recovery) identify(h *Handshake) (identity any, ok bool) {
	if r.cfg.Identify == nil {
		return identifyByAuth(h)
	}
	ok = r.namespace.server.protect(origin{handler: "recovery identity"}, func() { identity = r.cfg.Identify(h) })
	return identity, ok
}

// identifyByAuth is the default of Recovery.Identify.
func identifyByAuth(h *Handshake) (identity any, ok bool) {
	if h.Auth.IsZero() {
		return h.Identity, true
	}
	if len(h.Auth.JSON()) > maxAuth {
		return nil, false
	}
	var auth map[string]any
	d := json.NewDecoder(bytes.NewReader(h.Auth.JSON()))
	d.UseNumber() // large numbers that differ in the last digit are not equal
	if d.Decode(&auth) != nil {
		return nil, false
	}
	delete(auth, "pid")
	delete(auth, "offset")
	if len(auth) == 0 {
		return h.Identity, true
	}
	sorted, err := json.Marshal(auth)
	if err != nil {
		return nil, false
	}
	return authIdentity{identity: h.Identity, auth: sha256.Sum256(sorted)}, true
}
