-- The face of a person, one of the page's drawings; 0 without one. A message keeps the
-- face that its sender had, as it keeps the nickname.
ALTER TABLE members  ADD COLUMN face   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN face   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN reply  INTEGER NOT NULL DEFAULT 0;  -- the seq of the message that this one answers
ALTER TABLE messages ADD COLUMN detail TEXT    NOT NULL DEFAULT ''; -- of a notice: the emoji of a reaction, or the former nickname
