-- With a person newcomers of the same address may be banned for a while. The
-- address is a keyed hash (rooms/address.go); '' is none.
ALTER TABLE members ADD COLUMN address       TEXT    NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN address_until INTEGER NOT NULL DEFAULT 0;
CREATE INDEX members_by_address ON members (room, address, address_until) WHERE address <> '';
