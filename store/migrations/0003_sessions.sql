-- A visitor can have several sessions: when the id is renewed, the previous session
-- stays valid for a moment. Each session of an older program is its own visitor.
ALTER TABLE sessions ADD COLUMN visitor BLOB NOT NULL DEFAULT x''; -- a hash, as key is
ALTER TABLE sessions ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET visitor = key;
CREATE INDEX sessions_by_visitor ON sessions (visitor);

-- Counts the rooms of a session.
CREATE INDEX rooms_by_owner ON rooms (owner_session);
