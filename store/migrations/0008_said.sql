-- The fingerprint of a message's original content (rooms.Message.Fingerprint), stored
-- when its text or GIF is replaced or erased: a repeated client_id is compared with it.
-- 0: the row has the original content, or was changed before this column was added.
ALTER TABLE messages ADD COLUMN said INTEGER NOT NULL DEFAULT 0;
