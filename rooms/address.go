package rooms

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// AddressBan is how long newcomers from the address of a banned person are refused. A
// whole school can share one address, so members from there are not refused.
const AddressBan = time.Hour

// MaxAddressBans is the number of addresses that a room can ban at once. Another one
// replaces the oldest.
const MaxAddressBans = 100

// AddressError is an ErrBanned for a newcomer whose address is banned until RetryAfter
// has passed.
type AddressError struct{ RetryAfter time.Duration }

func (e *AddressError) Error() string { return ErrBanned.Error() + ": newcomers from this address" }
func (e *AddressError) Unwrap() error { return ErrBanned }

// BanAddress implements Chat.
func (s *Service) BanAddress(ctx context.Context, v Visitor, id ID, who Color) (known bool, err error) {
	err = s.endMembership(ctx, v, id, who, TopicBanned, func(live *liveRoom, m *Member) {
		m.Standing = StandingBanned
		source := live.sourceLocked(m.Session)
		if known = source != ""; known {
			m.Address, m.AddressUntil = s.hashAddress(id, source), now().Add(AddressBan)
		}
	})
	return known && err == nil, err
}

// hashAddress returns the hash under which an address is stored. The key is not in the
// database, so a copy of the database does not reveal a banned person's address. The
// hash includes the room, so one address has a different hash in each room.
func (s *Service) hashAddress(id ID, source string) string {
	mac := hmac.New(sha256.New, s.addressKey)
	mac.Write([]byte(string(id) + " " + source))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// checkAddress refuses a newcomer whose address is banned.
func (s *Service) checkAddress(ctx context.Context, v Visitor, id ID) error {
	if v.Source == "" {
		return nil
	}
	until, err := s.store.AddressBanned(ctx, id, s.hashAddress(id, v.Source))
	if err != nil {
		return fmt.Errorf("address in %s: %w", id, err)
	}
	if left := until.Sub(now()); left > 0 {
		return &AddressError{RetryAfter: left}
	}
	return nil
}
