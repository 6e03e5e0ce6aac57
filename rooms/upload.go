package rooms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"gifchat/rooms/gif"
)

// AddGIF implements Chat.
func (s *Service) AddGIF(ctx context.Context, v Visitor, id ID, filename string, r io.Reader) (GIF, error) {
	if _, err := s.authorize(ctx, v, id, actSpeak); err != nil {
		return GIF{}, err
	}
	if err := s.checkQuota(ctx, v, 1); err != nil {
		return GIF{}, err // before the upload is read
	}
	var info gif.Info
	sum := sha256.New()
	name := newGIFName()
	err := s.gifs.Save(name, func(w io.Writer) (err error) {
		if info, err = gif.Copy(io.MultiWriter(w, sum), r, gif.DefaultLimits()); err != nil {
			return err
		}
		if err := s.checkQuota(ctx, v, info.Bytes); err != nil {
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
	added := GIF{
		Name:     name,
		Width:    info.Width,
		Height:   info.Height,
		Frames:   info.Frames,
		Duration: info.Duration,
		Bytes:    info.Bytes,
		SHA256:   hex.EncodeToString(sum.Sum(nil)),
		Alt:      altOf(filename),
	}
	if info.Frames > 1 {
		added.Poster = info.Poster
	}
	return added, nil
}

// nowhere is an id that no room has.
const nowhere ID = "000000000000000000000000"

// GIF implements Chat.
func (s *Service) GIF(ctx context.Context, v Visitor, name string) (GIF, GIFFile, error) {
	if !validGIFName(name) {
		return GIF{}, nil, ErrNotFound
	}
	shown, err := s.store.GIF(ctx, name)
	if errors.Is(err, ErrNotFound) {
		shown.Room = nowhere
	} else if err != nil {
		return GIF{}, nil, fmt.Errorf("gif %s: %w", name, err)
	}
	// An unknown GIF is authorized as well, so that neither the answer nor its time
	// distinguishes it from the GIF of another room.
	switch _, err := s.authorize(ctx, v, shown.Room, actRead); {
	case errors.Is(err, ErrUnavailable):
		return GIF{}, nil, err
	case err != nil:
		return GIF{}, nil, ErrNotFound
	}
	file, err := s.gifs.Open(name)
	if err != nil {
		return GIF{}, nil, fmt.Errorf("gif %s: %w", name, err)
	}
	return *shown.GIF, file, nil
}

// Poster implements Chat.
func (s *Service) Poster(ctx context.Context, v Visitor, name string) (GIF, GIFFile, error) {
	shown, file, err := s.GIF(ctx, v, name)
	if err != nil {
		return GIF{}, nil, err
	}
	if shown.Poster == 0 {
		return GIF{}, nil, errors.Join(ErrNotFound, file.Close())
	}
	return shown, poster{gif.NewPoster(file, shown.Poster), file}, nil
}

// poster is the first frame of an open file.
type poster struct {
	io.ReadSeeker
	io.Closer
}

// dropRefused removes the upload of a message that was not posted. If the store is
// unavailable the message may be stored; the sweep decides later.
func (s *Service) dropRefused(ctx context.Context, d Draft, err error) {
	if err != nil && d.GIF != nil && !errors.Is(err, ErrUnavailable) {
		s.dropRepeated(context.WithoutCancel(ctx), d.GIF.Name)
	}
}

// dropRepeated removes the upload of a repeated message, unless a message shows it. The
// stored message usually shows an earlier upload of the same picture.
func (s *Service) dropRepeated(ctx context.Context, name string) {
	if _, err := s.store.GIF(ctx, name); errors.Is(err, ErrNotFound) {
		s.dropGIF(name)
	}
}

// dropGIF removes a file that no message shows. If this fails, the file takes space until
// the next sweep, but cannot be opened.
func (s *Service) dropGIF(name string) {
	if err := s.gifs.Remove(name); err != nil {
		s.log.Warn("gif not removed", "gif", name, "err", err)
	}
}
