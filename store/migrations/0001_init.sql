-- Times are milliseconds since 1970, in UTC.

CREATE TABLE rooms (
  number        INTEGER PRIMARY KEY, -- the order of creation
  id            TEXT    NOT NULL UNIQUE,
  title         TEXT    NOT NULL,
  capacity      INTEGER NOT NULL,
  owner         TEXT    NOT NULL,
  owner_session TEXT    NOT NULL,
  password_hash TEXT    NOT NULL,    -- '' for a public room
  created_at    INTEGER NOT NULL,
  head          INTEGER NOT NULL DEFAULT 0 -- the seq of the newest message
) STRICT;

CREATE TABLE members (
  room    TEXT    NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  session TEXT    NOT NULL,
  color   TEXT    NOT NULL,
  since   INTEGER NOT NULL,
  PRIMARY KEY (room, session),
  UNIQUE (room, color)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  id         TEXT    NOT NULL PRIMARY KEY,
  room       TEXT    NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  seq        INTEGER NOT NULL,
  kind       TEXT    NOT NULL,
  color      TEXT    NOT NULL, -- '' for a notice
  session    TEXT    NOT NULL,
  text       TEXT    NOT NULL,
  client_id  TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  gif_name   TEXT    NOT NULL, -- '' for a message without a GIF
  gif_width  INTEGER NOT NULL,
  gif_height INTEGER NOT NULL,
  gif_frames INTEGER NOT NULL,
  gif_bytes  INTEGER NOT NULL,
  gif_alt    TEXT    NOT NULL,
  UNIQUE (room, seq)
) STRICT;

-- A retry of a message finds the first one.
CREATE UNIQUE INDEX messages_by_client ON messages (room, session, client_id) WHERE client_id <> '';
-- Finds the messages that show a GIF, for access to its file and for the sweep.
CREATE INDEX messages_by_gif ON messages (gif_name) WHERE gif_name <> '';

-- The web sessions. The key is a hash, so the ids that open a session are not in this file.
CREATE TABLE sessions (
  key     BLOB    NOT NULL PRIMARY KEY,
  data    BLOB    NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_expiry ON sessions (expires);
