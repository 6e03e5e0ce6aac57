package rooms

import (
	"context"
	"fmt"
	"time"
)

// The quota of a visitor, for all GIFs of the last quotaWindow that are still
// shown. Who removes a room has the space again.
const (
	quotaWindow        = 24 * time.Hour
	defaultUploadQuota = 200 << 20 // bytes: forty GIFs of the largest size
	quotaUploads       = 500
)

// Upload is one GIF that a visitor has posted.
type Upload struct {
	Bytes int64
	At    time.Time
}

// QuotaError refuses a GIF of a visitor who has posted enough for now.
type QuotaError struct {
	RetryAfter time.Duration // until there is room for a GIF like this one
}

func (e *QuotaError) Error() string {
	return "upload quota: retry after " + e.RetryAfter.Round(time.Second).String()
}

// checkQuota tells whether v may post so many bytes more. Uploads at the same
// moment do not see each other: handlers let a visitor have few of them.
func (s *Service) checkQuota(ctx context.Context, v Visitor, bytes int64) error {
	uploads, err := s.store.Uploads(ctx, v.Session, now().Add(-quotaWindow))
	if err != nil {
		return fmt.Errorf("upload quota: %w", err)
	}
	return overQuota(uploads, bytes, s.uploadQuota, now())
}

// overQuota returns a QuotaError if an upload of so many bytes is too much
// after others, which are given oldest first.
func overQuota(uploads []Upload, bytes, quota int64, at time.Time) error {
	count := len(uploads) + 1
	for _, u := range uploads {
		bytes += u.Bytes
	}
	wait := time.Duration(0)
	for _, u := range uploads {
		if bytes <= quota && count <= quotaUploads {
			break
		}
		bytes, count = bytes-u.Bytes, count-1
		wait = u.At.Add(quotaWindow).Sub(at)
	}
	switch {
	case bytes > quota: // this one alone is more than a day's
		return &QuotaError{RetryAfter: quotaWindow}
	case wait > 0:
		return &QuotaError{RetryAfter: wait}
	}
	return nil
}
