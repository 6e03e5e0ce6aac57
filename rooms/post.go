package rooms

import (
	"context"
	"fmt"
	"slices"
)

// maxPostings bounds how many messages of a room go into one transaction, and
// with it how long those behind them wait.
const maxPostings = 128

// posting is a message on its way. Whoever has the room's turn takes all that
// wait: one commit then carries what was said while the last was under way.
type posting struct {
	visitor Visitor
	message Message
	rules   int64 // the place's when the visitor was allowed to speak

	done   chan struct{} // closed when the rest is set
	stored Stored
	err    error
}

// Post implements Chat.
func (s *Service) Post(ctx context.Context, v Visitor, id ID, d Draft) (posted Stored, err error) {
	defer func() { s.dropRefused(ctx, d, err) }()
	p := s.hold(id)
	defer s.release(p)
	rules := p.rules.Load()
	st, err := s.may(ctx, v, id, toSpeak)
	if err != nil {
		return Stored{}, err
	}
	if err := d.check(); err != nil {
		return Stored{}, err
	}
	job := &posting{visitor: v, message: d.message(st.member), rules: rules, done: make(chan struct{})}
	if err := s.queue(ctx, p, job); err != nil {
		return Stored{}, fmt.Errorf("post in %s: %w", id, err)
	}
	if job.stored.Again && !job.message.repeats(job.stored.Message) {
		return Stored{}, errUsed
	}
	if job.stored.Again && d.GIF != nil {
		s.dropRepeated(ctx, d.GIF.Name)
	}
	return job.stored, nil
}

// queue waits until a posting is kept and told, by this goroutine or another.
func (s *Service) queue(ctx context.Context, p *place, job *posting) error {
	s.mu.Lock()
	p.postings = append(p.postings, job)
	s.mu.Unlock()
	select {
	case <-job.done:
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }() // also after a panic of the Notifier
		s.postAll(ctx, p, job)
	case <-ctx.Done():
		if s.withdraw(p, job) {
			return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
		}
		<-job.done
	}
	return job.err
}

// withdraw takes back a posting that nobody has taken yet.
func (s *Service) withdraw(p *place, job *posting) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(p.postings, job)
	if i < 0 {
		return false
	}
	p.postings = slices.Delete(p.postings, i, i+1)
	return true
}

// postAll keeps what waits in the room whose turn it is, until own is done; the
// owners of the rest take their turns.
func (s *Service) postAll(ctx context.Context, p *place, own *posting) {
	ctx, cancel := patient(ctx)
	defer cancel()
	for {
		select {
		case <-own.done:
			return
		default:
		}
		s.mu.Lock()
		n := min(len(p.postings), maxPostings)
		batch := slices.Clone(p.postings[:n])
		p.postings = slices.Delete(p.postings, 0, n)
		s.mu.Unlock()
		s.postBatch(ctx, p, batch)
	}
}

func (s *Service) postBatch(ctx context.Context, p *place, batch []*posting) {
	defer func() { // also of those that a panic of the Notifier has left
		for _, job := range batch {
			close(job.done)
		}
	}()
	var allowed []*posting
	var messages []Message
	for _, job := range batch {
		job.err = ErrUnavailable
		if err := s.stillMay(ctx, p, job); err != nil {
			job.err = err
			continue
		}
		allowed = append(allowed, job)
		messages = append(messages, job.message)
	}
	if len(messages) == 0 {
		return
	}
	stored, err := s.store.AddMessages(ctx, p.id, messages)
	for i, job := range allowed {
		if job.err = err; err == nil {
			job.stored = stored[i]
		}
	}
	for _, one := range stored {
		if !one.Again {
			s.notify.Posted(one.Message)
		}
	}
	s.used(p)
}

// stillMay asks again if the owner has decided anything since the posting was
// allowed: nobody's message comes after the notice that they were silenced.
func (s *Service) stillMay(ctx context.Context, p *place, job *posting) error {
	if job.rules == p.rules.Load() {
		return nil
	}
	st, err := s.may(ctx, job.visitor, p.id, toSpeak)
	job.message.Nick = st.member.Nick // the one before may be somebody else's by now
	return err
}

// History implements Chat.
func (s *Service) History(ctx context.Context, v Visitor, id ID, p Page) ([]Message, error) {
	if _, err := s.may(ctx, v, id, toBe); err != nil {
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
