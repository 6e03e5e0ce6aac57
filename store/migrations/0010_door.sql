-- A closed room admits members only.
ALTER TABLE rooms ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
