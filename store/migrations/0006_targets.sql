-- Finds the edits of a message, which a removal erases too, without reading all
-- messages of the room.
CREATE INDEX messages_by_target ON messages (room, target) WHERE target <> 0;
