-- The edits of a message, which go with it: without this, all others in the room
-- are looked at for them.
CREATE INDEX messages_by_target ON messages (room, target) WHERE target <> 0;
