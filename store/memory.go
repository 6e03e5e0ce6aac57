package store

import (
	"context"
	"maps"
	"slices"
	"sync"

	"gifchat/rooms"
)

// Memory is a rooms.Store that forgets everything when the program ends: for
// tests, and for a demonstration without a disk.
type Memory struct {
	mu    sync.Mutex
	rooms []*kept // in order of creation
}

// kept is a room with what belongs to it.
type kept struct {
	room     rooms.Room
	members  map[rooms.Session]rooms.Member
	messages []rooms.Message // message i has seq i+1
}

var _ rooms.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{} }

// begin locks the store for a call, unless the call comes too late.
func (s *Memory) begin(ctx context.Context) (end func(), err error) {
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	s.mu.Lock()
	return s.mu.Unlock, nil
}

func (s *Memory) find(id rooms.ID) (*kept, error) {
	for _, k := range s.rooms {
		if k.room.ID == id {
			return k, nil
		}
	}
	return nil, rooms.ErrNotFound
}

// Rooms implements rooms.Store.
func (s *Memory) Rooms(ctx context.Context) ([]rooms.Room, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var all []rooms.Room
	for _, k := range s.rooms {
		all = append(all, k.room)
	}
	return all, nil
}

// Room implements rooms.Store.
func (s *Memory) Room(ctx context.Context, id rooms.ID) (rooms.Room, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return rooms.Room{}, err
	}
	defer end()
	k, err := s.find(id)
	if err != nil {
		return rooms.Room{}, err
	}
	return k.room, nil
}

// CreateRoom implements rooms.Store.
func (s *Memory) CreateRoom(ctx context.Context, r rooms.Room, owner rooms.Member) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if _, err := s.find(r.ID); err == nil {
		return rooms.ErrUnavailable
	}
	s.rooms = append(s.rooms, &kept{room: r, members: map[rooms.Session]rooms.Member{owner.Session: owner}})
	return nil
}

// RemoveRoom implements rooms.Store.
func (s *Memory) RemoveRoom(ctx context.Context, id rooms.ID) ([]string, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	gone, err := s.find(id)
	if err != nil {
		return nil, err
	}
	s.rooms = slices.DeleteFunc(s.rooms, func(k *kept) bool { return k == gone })
	gifs := make(map[string]bool)
	for _, m := range gone.messages {
		if m.GIF != nil && !slices.ContainsFunc(s.rooms, func(k *kept) bool { return k.shows(m.GIF.Name) }) {
			gifs[m.GIF.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(gifs)), nil
}

// Member implements rooms.Store.
func (s *Memory) Member(ctx context.Context, id rooms.ID, session rooms.Session) (rooms.Member, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return rooms.Member{}, err
	}
	defer end()
	k, err := s.find(id)
	if err != nil {
		return rooms.Member{}, err
	}
	m, ok := k.members[session]
	if !ok {
		return rooms.Member{}, rooms.ErrForbidden
	}
	return m, nil
}

// AddMember implements rooms.Store.
func (s *Memory) AddMember(ctx context.Context, m rooms.Member) (rooms.Member, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return rooms.Member{}, err
	}
	defer end()
	k, err := s.find(m.Room)
	if err != nil {
		return rooms.Member{}, err
	}
	if first, ok := k.members[m.Session]; ok {
		return first, nil
	}
	for _, other := range k.members {
		if other.Color == m.Color {
			return rooms.Member{}, rooms.ErrColorTaken
		}
	}
	k.members[m.Session] = m
	return m, nil
}

// Colors implements rooms.Store.
func (s *Memory) Colors(ctx context.Context, id rooms.ID) ([]rooms.Color, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var colors []rooms.Color
	if k, err := s.find(id); err == nil {
		for _, m := range k.members {
			colors = append(colors, m.Color)
		}
	}
	return colors, nil
}

// AddMessage implements rooms.Store.
func (s *Memory) AddMessage(ctx context.Context, m rooms.Message) (rooms.Message, bool, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return rooms.Message{}, false, err
	}
	defer end()
	k, err := s.find(m.Room)
	if err != nil {
		return rooms.Message{}, false, err
	}
	for _, first := range k.messages {
		if m.ClientID != "" && first.ClientID == m.ClientID && first.Session == m.Session {
			return clone(first), false, nil
		}
	}
	m = clone(m)
	m.Seq = int64(len(k.messages)) + 1
	k.messages = append(k.messages, m)
	return clone(m), true, nil
}

// Messages implements rooms.Store.
func (s *Memory) Messages(ctx context.Context, id rooms.ID, p rooms.Page) ([]rooms.Message, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	k, err := s.find(id)
	if err != nil {
		return nil, nil
	}
	all := k.messages
	switch {
	case p.After != 0:
		all = all[min(max(p.After, 0), int64(len(all))):]
		all = all[:min(p.Limit, len(all))]
	case p.Before != 0:
		all = all[:min(p.Before-1, int64(len(all)))]
		fallthrough
	default:
		all = all[max(len(all)-p.Limit, 0):]
	}
	var page []rooms.Message
	for _, m := range all {
		page = append(page, clone(m))
	}
	return page, nil
}

// ShowsGIF implements rooms.Store.
func (s *Memory) ShowsGIF(ctx context.Context, session rooms.Session, name string) (bool, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	for _, k := range s.rooms {
		if _, ok := k.members[session]; ok && k.shows(name) {
			return true, nil
		}
	}
	return false, nil
}

func (k *kept) shows(gif string) bool {
	return slices.ContainsFunc(k.messages, func(m rooms.Message) bool { return m.GIF != nil && m.GIF.Name == gif })
}

// clone returns m with a GIF of its own, as a row of a database would have.
func clone(m rooms.Message) rooms.Message {
	if m.GIF != nil {
		gif := *m.GIF
		m.GIF = &gif
	}
	return m
}
