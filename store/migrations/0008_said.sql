-- The fingerprint of what a message said first (rooms.Message.Fingerprint), once
-- its text or GIF was replaced or erased: a repeated client_id is compared with
-- it. 0: the row still has it, or it was changed before this column was added.
ALTER TABLE messages ADD COLUMN said INTEGER NOT NULL DEFAULT 0;
