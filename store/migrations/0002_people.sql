-- What an owner may do, what people call themselves, what is said to one person.
ALTER TABLE rooms ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0; -- only the owner speaks
ALTER TABLE rooms ADD COLUMN keep   INTEGER NOT NULL DEFAULT 0; -- not removed for standing empty

-- A row stays when its person goes, and with it the colour: what was said under
-- it stays that person's.
ALTER TABLE members ADD COLUMN standing    TEXT    NOT NULL DEFAULT 'in'; -- in, out, banned
ALTER TABLE members ADD COLUMN nick        TEXT    NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN nick_key    TEXT    NOT NULL DEFAULT ''; -- the same for names that look the same
ALTER TABLE members ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN bot         INTEGER NOT NULL DEFAULT 0;
ALTER TABLE members ADD COLUMN whispers    INTEGER NOT NULL DEFAULT 0; -- how many are in this member's list
CREATE UNIQUE INDEX members_by_nick ON members (room, nick_key) WHERE nick_key <> '';

ALTER TABLE messages ADD COLUMN nick   TEXT    NOT NULL DEFAULT ''; -- the sender's, when it was sent
ALTER TABLE messages ADD COLUMN topic  TEXT    NOT NULL DEFAULT ''; -- of a notice: entered, left, …
ALTER TABLE messages ADD COLUMN person TEXT    NOT NULL DEFAULT ''; -- of a notice: whom it is about
ALTER TABLE messages ADD COLUMN target INTEGER NOT NULL DEFAULT 0;  -- of an edit or a removal: the seq of what it changed
ALTER TABLE messages ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;  -- the seq of the latest edit
UPDATE messages SET person = substr(text, 1, 7),
  topic = CASE WHEN text LIKE '%입장하셨습니다.' THEN 'entered' ELSE 'left' END
  WHERE kind = 'notice';

-- What one person says to another. It has no place in the room's sequence, where
-- the others would see that there was something: each of the two has a list.
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
