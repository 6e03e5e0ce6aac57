-- What a page needs to show a GIF's first frame at once, and what tells that
-- the file is the one that was uploaded. GIFs from before have no poster.

ALTER TABLE messages ADD COLUMN gif_duration INTEGER NOT NULL DEFAULT 0; -- milliseconds of one round
ALTER TABLE messages ADD COLUMN gif_poster   INTEGER NOT NULL DEFAULT 0; -- bytes up to the end of the first image; 0: it is the only one
ALTER TABLE messages ADD COLUMN gif_sha256   TEXT    NOT NULL DEFAULT ''; -- of the stored file, in hex

-- What a session has uploaded in the last day.
CREATE INDEX messages_by_uploader ON messages (session, created_at) WHERE gif_name <> '';
