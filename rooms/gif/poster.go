package gif

import (
	"errors"
	"fmt"
	"io"
)

// Poster is the first frame of a GIF as a GIF: the file up to the end of its first image
// (Info.Poster) and a trailer. It needs neither a decoder nor a second file.
type Poster struct {
	file   io.ReadSeeker
	prefix int64 // bytes of the file
	at     int64
}

var _ io.ReadSeeker = (*Poster)(nil)

// NewPoster returns the first frame of a file that Copy has written; prefix is the
// Info.Poster that Copy has returned. It moves the file's position.
func NewPoster(file io.ReadSeeker, prefix int64) *Poster {
	return &Poster{file: file, prefix: prefix}
}

// Read implements io.Reader. It returns io.ErrUnexpectedEOF if the file is shorter than
// its prefix.
func (p *Poster) Read(b []byte) (int, error) {
	switch {
	case p.at > p.prefix:
		return 0, io.EOF
	case len(b) == 0:
		return 0, nil
	case p.at == p.prefix:
		b[0] = labelTrailer
		p.at++
		return 1, nil
	}
	n, err := p.file.Read(b[:min(int64(len(b)), p.prefix-p.at)])
	p.at += int64(n)
	if errors.Is(err, io.EOF) {
		if err = nil; p.at < p.prefix {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// Seek implements io.Seeker.
func (p *Poster) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += p.at
	case io.SeekEnd:
		offset += p.prefix + 1
	}
	if offset < 0 {
		return 0, errors.New("seek in gif poster: negative offset")
	}
	if _, err := p.file.Seek(min(offset, p.prefix), io.SeekStart); err != nil {
		return 0, fmt.Errorf("seek in gif poster: %w", err)
	}
	p.at = offset
	return offset, nil
}
