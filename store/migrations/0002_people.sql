-- Moderation, names and whispers.
ALTER TABLE rooms ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0; -- only the owner can post
ALTER TABLE rooms ADD COLUMN keep   INTEGER NOT NULL DEFAULT 0; -- not removed when it is empty

-- A member's row stays after the member has left, so nobody else gets the colour of
-- the member's messages.
ALTER TABLE members ADD COLUMN standing    TEXT    NOT NULL DEFAULT 'in'; -- in, out, banned
ALTER TABLE members ADD COLUMN nick        TEXT    NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN nick_key    TEXT    NOT NULL DEFAULT ''; -- the same for names that look the same
ALTER TABLE members ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN bot         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN whispers    INTEGER NOT NULL DEFAULT 0; -- how many are in this member's list
CREATE UNIQUE INDEX members_by_nick ON members (room, nick_key) WHERE nick_key <> '';

ALTER TABLE messages ADD COLUMN nick   TEXT    NOT NULL DEFAULT ''; -- the sender's, when it was sent
ALTER TABLE messages ADD COLUMN topic  TEXT    NOT NULL DEFAULT ''; -- of a notice: entered, left, …
ALTER TABLE messages ADD COLUMN person TEXT    NOT NULL DEFAULT ''; -- of a notice: the colour of the person concerned
ALTER TABLE messages ADD COLUMN target INTEGER NOT NULL DEFAULT 0;  -- of an edit or a removal: the seq of the changed message
ALTER TABLE messages ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;  -- the seq of the latest edit
UPDATE messages SET person = substr(text, 1, 7),
  topic = CASE WHEN text LIKE '%입장하셨습니다.' THEN 'entered' ELSE 'left' END
  WHERE kind = 'notice';

-- Whispers from one person to another. They have no number in the room's sequence,
-- where others would notice a gap: each of the two people has a list.
CREATE TABLE whispers (
  id           TEXT    NOT NULL PRIMARY KEY,
  room         TEXT    NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  sender       TEXT    NOT NULL, -- sessions
  receiver     TEXT    NOT NULL,
  sender_seq   INTEGER NOT NULL, -- its number in the sender's list
  receiver_seq INTEGER NOT NULL,
  sender_nick  TEXT    NOT NULL,
  text         TEXT    NOT NULL,
  client_id    TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  UNIQUE (room, sender, sender_seq),
  UNIQUE (room, receiver, receiver_seq)
) STRICT;
CREATE UNIQUE INDEX whispers_by_client ON whispers (room, sender, client_id) WHERE client_id <> '';
