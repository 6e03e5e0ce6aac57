package rooms

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	defaultLeaveGrace = 2 * time.Second
	defaultOwnerGrace = 10 * time.Minute
	// storeTimeout bounds the wait for the store, so that a visitor is told
	// something while the page still waits for it.
	storeTimeout = 4 * time.Second
)

// Options are the customs of the house.
type Options struct {
	Log *slog.Logger // nil: nothing is logged
	// EmptyGrace is how long a room is kept after the last has left it. Zero
	// removes it at once, less than zero never.
	EmptyGrace time.Duration
	// LeaveGrace is how long a person may be away before it counts as having
	// left: a page that reloads is not an exit. Zero means two seconds, less
	// than zero no grace.
	LeaveGrace time.Duration
	// OwnerGrace is how long an owner may be away while others are in the room
	// before it passes to the one who has been there for longest. Zero means ten
	// minutes, less than zero for ever.
	OwnerGrace time.Duration
	// MaxRooms bounds how many rooms there are, MaxRoomsPerVisitor how many of
	// them one visitor has made. Zero is no limit.
	MaxRooms, MaxRoomsPerVisitor int
	// Strict keeps to the textbook's original, which knows no notices in the
	// history of a room.
	Strict bool
	// UploadQuota is how many bytes of GIFs a visitor may post in 24 hours.
	// Zero means 200 MiB.
	UploadQuota int64
	// AddressKey hashes the addresses that are banned; without one they are
	// forgotten with the process.
	AddressKey []byte
}

// Service is the chat. Make one with NewService and Close it.
//
// Whatever happens in a room happens in its turn: one visitor at a time
// changes who is there and what was said, and tells the Notifier of it. Rooms
// do not wait for each other.
type Service struct {
	store  Store
	gifs   GIFStore
	notify Notifier
	log    *slog.Logger

	emptyGrace, leaveGrace, ownerGrace time.Duration
	maxRooms, maxOwned                 int
	strict                             bool
	uploadQuota                        int64
	addressKey                         []byte

	hashes         hasher
	guesses        *guesses
	background     context.Context // of what timers do; ends with Close
	stopBackground context.CancelFunc
	running        sync.WaitGroup // timers that have fired

	mu     sync.Mutex // guards what follows; held for moments only
	closed bool
	places map[ID]*place
	// Rooms that are being made, by session.
	creating map[Session]int
}

var _ Chat = (*Service)(nil)

// NewService returns a chat with nobody in it. Rooms that the store knows from
// earlier wait for their visitors however long: a restart removes nothing.
func NewService(store Store, gifs GIFStore, notify Notifier, opts Options) *Service {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.LeaveGrace == 0 {
		opts.LeaveGrace = defaultLeaveGrace
	}
	if opts.OwnerGrace == 0 {
		opts.OwnerGrace = defaultOwnerGrace
	}
	if opts.UploadQuota == 0 {
		opts.UploadQuota = defaultUploadQuota
	}
	if opts.AddressKey == nil {
		opts.AddressKey = make([]byte, sha256.Size)
		rand.Read(opts.AddressKey)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		store:          store,
		gifs:           gifs,
		notify:         notify,
		log:            opts.Log,
		emptyGrace:     opts.EmptyGrace,
		leaveGrace:     max(opts.LeaveGrace, 0),
		ownerGrace:     opts.OwnerGrace,
		maxRooms:       opts.MaxRooms,
		maxOwned:       opts.MaxRoomsPerVisitor,
		strict:         opts.Strict,
		uploadQuota:    opts.UploadQuota,
		addressKey:     opts.AddressKey,
		hashes:         newHasher(ctx.Done()),
		guesses:        newGuesses(),
		creating:       make(map[Session]int),
		background:     ctx,
		stopBackground: cancel,
		places:         make(map[ID]*place),
	}
}

// Close stops all timers and waits for those that have fired. From then on
// departures announce and remove nothing: the server goes, not its visitors.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	for _, p := range s.places {
		p.stopTimers()
	}
	s.mu.Unlock()
	s.stopBackground()
	s.running.Wait()
}

// List implements Chat.
func (s *Service) List(ctx context.Context, page RoomPage) ([]Listing, error) {
	all, err := s.store.Rooms(ctx, page.clamp())
	if err != nil {
		return nil, fmt.Errorf("list rooms: %w", err)
	}
	listings := make([]Listing, len(all))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, room := range all {
		listings[i] = Listing{Room: room}
		if p := s.places[room.ID]; p != nil {
			listings[i].People = len(p.people)
		}
	}
	return listings, nil
}

// Room implements Chat.
func (s *Service) Room(ctx context.Context, id ID) (Room, error) {
	if !id.valid() {
		return Room{}, ErrNotFound
	}
	room, err := s.store.Room(ctx, id)
	if err != nil {
		return Room{}, fmt.Errorf("room %s: %w", id, err)
	}
	return room, nil
}

// Create implements Chat.
func (s *Service) Create(ctx context.Context, v Visitor, n NewRoom) (Room, error) {
	if v.Session == "" {
		return Room{}, ErrForbidden
	}
	n, err := n.check()
	if err != nil {
		return Room{}, err
	}
	created, err := s.claimRoom(ctx, v.Session)
	if err != nil {
		return Room{}, err
	}
	defer created()
	room := Room{
		ID:           newID(),
		Title:        n.Title,
		Capacity:     n.Capacity,
		Keep:         n.Keep,
		Owner:        wantedColor(v.Color),
		OwnerSession: v.Session,
		CreatedAt:    now(),
	}
	if n.Password != "" {
		if room.PasswordHash, err = s.hashes.hash(ctx, n.Password); err != nil {
			return Room{}, fmt.Errorf("create room: %w", err)
		}
	}
	p, err := s.takeTurn(ctx, room.ID) // nobody arrives before the lobby was told
	if err != nil {
		return Room{}, fmt.Errorf("create room: %w", err)
	}
	defer s.endTurn(p)
	ctx, cancel := patient(ctx)
	defer cancel()
	owner := Member{
		Room: room.ID, Session: v.Session, Color: room.Owner, Since: room.CreatedAt, Standing: StandingIn,
	}
	if err := s.store.CreateRoom(ctx, room, owner); err != nil {
		return Room{}, fmt.Errorf("create room: %w", err)
	}
	s.notify.RoomCreated(room)
	if s.emptyGrace >= 0 && !n.Keep {
		s.closeLater(p, max(s.emptyGrace, unusedGrace), s.removeUnused)
	}
	return room, nil
}

// Remove implements Chat.
func (s *Service) Remove(ctx context.Context, v Visitor, id ID) error {
	if !id.valid() {
		return ErrNotFound
	}
	p, err := s.takeTurn(ctx, id)
	if err != nil {
		return fmt.Errorf("remove room %s: %w", id, err)
	}
	defer s.endTurn(p)
	if _, err := s.may(ctx, v, id, toRule); err != nil {
		return err
	}
	return s.remove(ctx, p)
}

// Present implements Chat.
func (s *Service) Present(id ID) []Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.places[id]; p != nil {
		return p.members()
	}
	return nil
}

// patient returns a context for a change that is to be made whether or not the
// visitor still waits for it.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

// now is the time as every store can keep it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
