-- The keys of names: names that look the same share one. A name has several keys, and a
-- new name must not share one with another name of the room. computeNickKeys in
-- store/nickkeys.go computes them from the names. Existing names that share a key stay.
DROP INDEX members_by_nick;
ALTER TABLE members DROP COLUMN nick_key;
CREATE TABLE nick_keys (
  room    TEXT NOT NULL,
  session TEXT NOT NULL,
  key     TEXT NOT NULL,
  PRIMARY KEY (room, session, key),
  FOREIGN KEY (room, session) REFERENCES members (room, session) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX nick_keys_by_key ON nick_keys (room, key);
