-- The people who are present in a room, by the process that has their connections. It
-- decides whether a room is full or empty. The rows of a process that ended without
-- deleting them are deleted by the first transaction of the next one.
CREATE TABLE presence (
  room    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  session TEXT NOT NULL,
  process TEXT NOT NULL,
  PRIMARY KEY (room, session, process)
) STRICT, WITHOUT ROWID;
