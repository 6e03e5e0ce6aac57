-- A removed room is hidden at once, and its rows are deleted in batches.
ALTER TABLE rooms ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
CREATE INDEX rooms_gone ON rooms (number) WHERE gone <> 0;
CREATE INDEX messages_with_gif ON messages (room, gif_name) WHERE gif_name <> '';
