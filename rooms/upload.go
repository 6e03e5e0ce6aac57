package rooms

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gifchat/rooms/gif"
)

// AddGIF implements Chat.
func (s *Service) AddGIF(ctx context.Context, v Visitor, id ID, alt string, r Reader) (GIF, error) {
	if _, err := s.may(ctx, v, id, toSpeak); err != nil {
		return GIF{}, err
	}
	var info gif.Info
	name := newGIFName()
	err := s.gifs.Save(name, func(w io.Writer) (err error) {
		if info, err = gif.Copy(w, r, gif.DefaultLimits()); err != nil {
			return err
		}
		return ctx.Err()
	})
	if refused, ok := errors.AsType[*gif.Error](err); ok {
		return GIF{}, &InvalidError{Field: "gif", Reason: refused.Reason}
	}
	if err != nil {
		return GIF{}, fmt.Errorf("add gif to %s: %w", id, err)
	}
	return GIF{
		Name:   name,
		Width:  info.Width,
		Height: info.Height,
		Frames: info.Frames,
		Bytes:  info.Bytes,
		Alt:    cleanAlt(alt),
	}, nil
}

// GIF implements Chat.
func (s *Service) GIF(ctx context.Context, v Visitor, name string) (GIFFile, error) {
	if !validGIFName(name) {
		return nil, ErrNotFound
	}
	shown, err := s.store.ShowsGIF(ctx, v.Session, name)
	if err != nil {
		return nil, fmt.Errorf("gif %s: %w", name, err)
	}
	if !shown {
		return nil, ErrNotFound // the same whether or not there is one
	}
	file, err := s.gifs.Open(name)
	if err != nil {
		return nil, fmt.Errorf("gif %s: %w", name, err)
	}
	return file, nil
}

// dropRepeated removes the upload of a message that turned out to be stored
// already, as a rule with an earlier upload of the same picture.
func (s *Service) dropRepeated(ctx context.Context, v Visitor, name string) {
	if shown, err := s.store.ShowsGIF(ctx, v.Session, name); err == nil && !shown {
		s.dropGIF(name)
	}
}

// dropGIF removes a file that no message shows. If that fails it costs space
// until the next sweep, but nobody can open it.
func (s *Service) dropGIF(name string) {
	if err := s.gifs.Remove(name); err != nil {
		s.log.Warn("gif not removed", "gif", name, "err", err)
	}
}
