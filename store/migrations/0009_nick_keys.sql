-- What names have in common that look the same: several keys for each name, none
-- of which another name of the room may have. Program code computes them from the
-- names (computeNickKeys in store/names.go). Names that share a key by now stay.
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
