-- The checksum of a row (store/checksum.go). 0: the row has none, because it is older
-- than this column.
ALTER TABLE messages ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE whispers ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
