package socketio

import (
	"errors"
	"math"

	"gifchat/socketio/engineio"
	"gifchat/socketio/internal/eventlog"
)

// Key gives the emitted events a name of the application's, under which
// Namespace.ReplaceKept and Namespace.DropKept find them while they are kept
// for clients that are offline. Several events can have the same key. Without
// Recovery it has no effect.
func (b Broadcast) Key(key string) Broadcast {
	b.key = key
	return b
}

// ReplaceKept changes the events with a key that are kept for offline clients:
// a client that resumes later gets the new arguments. replacement is called
// with the name and arguments of each event and returns the arguments that
// replace them; nil drops the event. Order and receivers of the events stay.
//
// Clients that have been sent an event keep it, and so do clients for which it
// is queued: packets that connections share are never changed. ReplaceKept
// concerns this server only; with an Adapter, call it on every server, for
// example with ServerSideEmit. Concurrent calls for one key must be avoided.
//
// An event is dropped if its replacement cannot be encoded, or if it has more
// than 4,094 arguments, which cannot be decoded. The errors are returned.
func (n *Namespace) ReplaceKept(key string, replacement func(event string, args Args) []any) error {
	r, ok := n.delivery.(*recovery)
	if !ok {
		return nil
	}
	r.mu.Lock()
	kept := r.log.Keyed(key)
	r.mu.Unlock()
	var errs []error
	for i := range kept {
		packet, err := r.rewrite(&kept[i], replacement)
		errs = append(errs, err)
		r.mu.Lock()
		r.log.Replace(kept[i].Number, packet)
		r.expire() // the replacement may be larger
		r.mu.Unlock()
	}
	return errors.Join(errs...)
}

// DropKept removes the events with a key that are kept for offline clients.
// See ReplaceKept.
func (n *Namespace) DropKept(key string) {
	_ = n.ReplaceKept(key, func(string, Args) []any { return nil }) // nothing is encoded
}

// rewrite returns the packet that replaces a kept event, or nil to drop it. It
// calls the application, so mu must not be held.
func (r *recovery) rewrite(e *eventlog.Entry, replacement func(event string, args Args) []any) (*engineio.Prepared, error) {
	name, args, err := keptEvent(e.Packet)
	if err != nil {
		return nil, err
	}
	replaced := replacement(name, args)
	if replaced == nil {
		return nil, nil
	}
	draft, err := draftEvent(packet{namespace: r.namespace.name}, name, replaced, r.offsets.Blank())
	if err != nil {
		return nil, err
	}
	defer putEncoder(draft)
	eventlog.Write(draft.text.Bytes(), e.Number)
	return draft.prepare(), nil
}

// keptEvent decodes a packet that emit has made. Its last argument is the
// offset, which is left out.
func keptEvent(p *engineio.Prepared) (name string, args Args, err error) {
	parsed, err := parsePacket(p.Text(), &Limits{MaxAttachments: math.MaxInt, MaxNamespaceName: math.MaxInt})
	if err != nil {
		return "", nil, err
	}
	event, err := decode(parsed, p.Attachments())
	if err != nil {
		return "", nil, err
	}
	return event.name, event.args[:len(event.args)-1], nil
}
