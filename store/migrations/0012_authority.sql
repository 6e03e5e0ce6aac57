-- The version of a room's authority: it grows with each change of the room's
-- settings, its owner and its members' rights. A message that was allowed under an
-- older version is refused, so that every process decides by the latest one.
ALTER TABLE rooms ADD COLUMN authority INTEGER NOT NULL DEFAULT 1;
