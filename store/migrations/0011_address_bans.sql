-- A ban can include newcomers from the same address for a time. The address is a keyed
-- hash (rooms/address.go); '' without one.
ALTER TABLE members ADD COLUMN address       TEXT    NOT NULL DEFAULT '';
ALTER TABLE members ADD COLUMN address_until INTEGER NOT NULL DEFAULT 0;
CREATE INDEX members_by_address ON members (room, address, address_until) WHERE address <> '';
