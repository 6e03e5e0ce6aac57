-- A visitor may have several sessions: its id is renewed now and then, and the
-- one before lives on for a moment. Those of an older program have none but
-- themselves.
ALTER TABLE sessions ADD COLUMN visitor BLOB NOT NULL DEFAULT x''; -- a hash, as key is
ALTER TABLE sessions ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET visitor = key;
CREATE INDEX sessions_by_visitor ON sessions (visitor);

-- How many rooms somebody has made.
CREATE INDEX rooms_by_owner ON rooms (owner_session);
