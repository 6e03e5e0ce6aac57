-- Data for showing the first frame of a GIF at once, and the hash by which a changed
-- file is detected. Older GIFs have no poster.

ALTER TABLE messages ADD COLUMN gif_duration INTEGER NOT NULL DEFAULT 0; -- milliseconds of one loop
ALTER TABLE messages ADD COLUMN gif_poster   INTEGER NOT NULL DEFAULT 0; -- bytes up to the end of the first image; 0: it is the only one
ALTER TABLE messages ADD COLUMN gif_sha256   TEXT    NOT NULL DEFAULT ''; -- of the stored file, in hex

-- Finds the uploads of a session in the last day.
CREATE INDEX messages_by_uploader ON messages (session, created_at) WHERE gif_name <> '';
