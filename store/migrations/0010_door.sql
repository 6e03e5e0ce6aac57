-- Nobody new is let in.
ALTER TABLE rooms ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
