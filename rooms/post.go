package rooms

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
)

// maxBatch bounds how many messages of a room go into one transaction, and so how long
// the messages behind them wait.
const maxBatch = 128

// posting is a message on its way to the store. The goroutine that holds the room's
// lock stores all messages that wait: one commit carries what arrived during the last
// one.
type posting struct {
	visitor Visitor
	message Message // with the authority version under which it was allowed

	done   chan struct{} // closed when stored and err are set
	stored Stored
	err    error
}

// Post implements Chat.
func (s *Service) Post(ctx context.Context, v Visitor, id ID, d Draft) (posted Stored, err error) {
	defer func() { s.dropRefused(ctx, d, err) }()
	live := s.acquire(id)
	defer s.release(live)
	a, err := s.authorizeCached(ctx, live, v, actSpeak)
	if err != nil {
		return Stored{}, err
	}
	if err := d.check(); err != nil {
		return Stored{}, err
	}
	p := &posting{visitor: v, message: d.message(a), done: make(chan struct{})}
	if err := s.enqueue(ctx, live, p); err != nil {
		return Stored{}, fmt.Errorf("post in %s: %w", id, err)
	}
	if p.stored.Again && !p.message.repeats(p.stored.Message) {
		return Stored{}, errUsed
	}
	if p.stored.Again && d.GIF != nil {
		s.dropRepeated(ctx, d.GIF.Name)
	}
	return p.stored, nil
}

// enqueue returns when a posting is stored and announced, by this goroutine or by
// another one that holds the room's lock. A context that ends first withdraws it.
func (s *Service) enqueue(ctx context.Context, live *liveRoom, p *posting) error {
	s.mu.Lock()
	live.waiting = append(live.waiting, p)
	s.mu.Unlock()
	select {
	case <-p.done:
	case live.lock <- struct{}{}:
		defer func() { <-live.lock }() // also after a panic of the Notifier
		s.storeWaitingLocked(ctx, live, p)
	case <-ctx.Done():
		if s.withdraw(live, p) {
			return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
		}
		<-p.done
	}
	return p.err
}

// withdraw removes a posting that no batch has taken yet, and reports whether it did.
func (s *Service) withdraw(live *liveRoom, p *posting) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(live.waiting, p)
	if i < 0 {
		return false
	}
	live.waiting = slices.Delete(live.waiting, i, i+1)
	return true
}

// storeWaitingLocked stores what waits until own is done. The goroutines of the other
// postings take the lock for the rest. The caller holds live.lock.
func (s *Service) storeWaitingLocked(ctx context.Context, live *liveRoom, own *posting) {
	ctx, cancel := s.detach(ctx)
	defer cancel()
	for {
		select {
		case <-own.done:
			return
		default:
		}
		runtime.Gosched() // goroutines that are ready to run can add their messages to the batch
		s.mu.Lock()
		n := min(len(live.waiting), maxBatch)
		batch := slices.Clone(live.waiting[:n])
		live.waiting = slices.Delete(live.waiting, 0, n)
		s.mu.Unlock()
		s.postBatchLocked(ctx, live, batch)
	}
}

// postBatchLocked stores a batch and announces its messages. The caller holds
// live.lock.
func (s *Service) postBatchLocked(ctx context.Context, live *liveRoom, batch []*posting) {
	defer func() { // also for the postings that a panic of the Notifier left
		for _, p := range batch {
			close(p.done)
		}
	}()
	for _, p := range batch {
		p.err = ErrUnavailable
	}
	allowed := batch
	err := whileOutdated(func() error {
		stored, err := s.store.AddMessages(ctx, live.id, messagesOf(allowed))
		if errors.Is(err, ErrOutdated) {
			if allowed = s.allowedStill(ctx, live, allowed); len(allowed) == 0 {
				return nil
			}
			return err
		}
		for i, p := range allowed {
			if p.err = err; err == nil {
				p.stored = stored[i]
			}
		}
		return err
	})
	if err != nil || len(allowed) == 0 {
		return
	}
	if added := addedMessages(allowed); len(added) > 0 {
		s.notify.Posted(added...)
	}
	s.touchEmptyLocked(live)
}

// addedMessages returns the messages that were not stored before.
func addedMessages(postings []*posting) []Message {
	var added []Message
	for _, p := range postings {
		if !p.stored.Again {
			added = append(added, p.stored.Message)
		}
	}
	return added
}

func messagesOf(postings []*posting) []Message {
	messages := make([]Message, len(postings))
	for i, p := range postings {
		messages[i] = p.message
	}
	return messages
}

// allowedStill asks the store again whether the visitors may post, after the room's
// authority changed. It returns the postings that may, with the sender's present name:
// the earlier name may belong to another member by now.
func (s *Service) allowedStill(ctx context.Context, live *liveRoom, postings []*posting) []*posting {
	live.access.clear()
	var allowed []*posting
	for _, p := range postings {
		a, err := s.authorizeCached(ctx, live, p.visitor, actSpeak)
		if err != nil {
			p.err = err
			continue
		}
		p.message.Nick, p.message.Authority = a.member.Nick, a.room.Authority
		allowed = append(allowed, p)
	}
	return allowed
}

// History implements Chat.
func (s *Service) History(ctx context.Context, v Visitor, id ID, p Page) ([]Message, error) {
	if _, err := s.authorize(ctx, v, id, actRead); err != nil {
		return nil, err
	}
	messages, err := s.store.Messages(ctx, id, p.clamp())
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", id, err)
	}
	damaged := func(m Message) bool { return m.Kind == KindDamaged }
	if first := slices.IndexFunc(messages, damaged); first >= 0 {
		s.log.ErrorContext(ctx, "messages damaged", "room", id, "seq", messages[first].Seq, "more", slices.ContainsFunc(messages[first+1:], damaged))
	}
	return messages, nil
}
