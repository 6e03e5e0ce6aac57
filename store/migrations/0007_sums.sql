-- What tells that what was said is as it was written (store/sum.go). 0: it is
-- not known, since the row is older than the sums, or nothing is left in it.
ALTER TABLE messages ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE whispers ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
