package rooms

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"sync"
	"time"
)

const (
	defaultLeaveGrace = 2 * time.Second
	defaultOwnerGrace = 10 * time.Minute

	// defaultStoreTimeout lets a visitor get an answer while the page still waits for it.
	defaultStoreTimeout = 4 * time.Second

	// endTimeout bounds the wait for the store in Close, which is part of a shutdown.
	endTimeout = time.Second
)

// Options configures a Service.
type Options struct {
	Log *slog.Logger // nil: nothing is logged
	// EmptyGrace is how long an empty room is kept. Zero removes it at once, a negative
	// value never.
	EmptyGrace time.Duration
	// LeaveGrace is how long a person without a connection stays present: a page that
	// reloads is not an exit. Zero means two seconds, a negative value no grace.
	LeaveGrace time.Duration
	// OwnerGrace is how long an owner may be absent while other people are present,
	// before the person who has been present for longest becomes the owner. Zero means
	// ten minutes; with a negative value the room never passes on.
	OwnerGrace time.Duration
	// MaxRooms bounds the number of rooms, MaxRoomsPerVisitor the number of rooms that
	// one visitor owns. Zero is no limit.
	MaxRooms, MaxRoomsPerVisitor int
	// Strict keeps to the textbook's original, which stores no notices of people who
	// enter and leave.
	Strict bool
	// NoticeText returns the text of a notice, which is stored with it. m is the person
	// that the notice is about, or the zero Member. With nil, notices have no text.
	NoticeText func(t Topic, m Member) string
	// UploadQuota is the number of bytes of GIFs that a visitor may post in 24 hours.
	// Zero means 200 MiB.
	UploadQuota int64
	// StoreTimeout bounds the wait of a change for the store. A change that waits longer
	// returns ErrUnavailable. Zero means four seconds.
	StoreTimeout time.Duration
	// AddressKey is the key of the hashes of banned addresses. With a nil key a random one
	// is used, and address bans end with the process.
	AddressKey []byte
}

// Service is the chat. Make one with NewService and Close it.
//
// Changes of one room are made one after another, under the room's lock, and the
// Notifier is called in the same order. Rooms do not wait for each other.
type Service struct {
	store Store
	gifs  GIFStore
	// process names this Service in the store's presence.
	process string
	notify  Notifier
	log     *slog.Logger

	emptyGrace, leaveGrace, ownerGrace time.Duration
	storeTimeout                       time.Duration
	limits                             RoomLimits
	strict                             bool
	noticeText                         func(Topic, Member) string
	uploadQuota                        int64
	addressKey                         []byte

	hashes         hasher
	attempts       *attempts
	background     context.Context // of timers; ends with Close
	stopBackground context.CancelFunc
	running        sync.WaitGroup // timers that have fired

	mu     sync.Mutex // held for a few instructions only
	closed bool       // guarded by mu, as is live
	live   map[ID]*liveRoom
}

var _ Chat = (*Service)(nil)

// NewService returns a chat with nobody present. The rooms in the store wait for their
// visitors without a limit of time: a restart removes no room.
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
	if opts.NoticeText == nil {
		opts.NoticeText = func(Topic, Member) string { return "" }
	}
	if opts.UploadQuota == 0 {
		opts.UploadQuota = defaultUploadQuota
	}
	if opts.StoreTimeout == 0 {
		opts.StoreTimeout = defaultStoreTimeout
	}
	if opts.AddressKey == nil {
		opts.AddressKey = make([]byte, sha256.Size)
		rand.Read(opts.AddressKey)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		store:          store,
		gifs:           gifs,
		process:        rand.Text(),
		notify:         notify,
		log:            opts.Log,
		emptyGrace:     opts.EmptyGrace,
		leaveGrace:     max(opts.LeaveGrace, 0),
		ownerGrace:     opts.OwnerGrace,
		storeTimeout:   opts.StoreTimeout,
		limits:         RoomLimits{All: opts.MaxRooms, PerSession: opts.MaxRoomsPerVisitor},
		strict:         opts.Strict,
		noticeText:     opts.NoticeText,
		uploadQuota:    opts.UploadQuota,
		addressKey:     opts.AddressKey,
		hashes:         newHasher(ctx.Done()),
		attempts:       newAttempts(),
		background:     ctx,
		stopBackground: cancel,
		live:           make(map[ID]*liveRoom),
	}
}

// Close stops all timers and waits for those that have fired. After Close, people whose
// connections end are not announced as leaving, and no room is removed: only the server
// leaves.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	present := false
	for _, live := range s.live {
		live.stopTimersLocked()
		present = present || len(live.people) > 0
	}
	s.mu.Unlock()
	s.stopBackground()
	s.running.Wait()
	if !present {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	if err := s.store.EndProcess(ctx, s.process); err != nil {
		s.log.Warn("presence not ended", "err", err)
	}
}

// detach returns a context for a change that is completed whether or not its visitor
// still waits. It ends after storeTimeout.
func (s *Service) detach(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.storeTimeout)
}

// now returns the time with the precision of every store.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
