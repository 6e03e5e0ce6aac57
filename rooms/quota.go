package rooms

import (
	"context"
	"fmt"
	"time"
)

// The quota of a visitor: all GIFs of the last quotaWindow that a message still shows.
// Removing a message or a room frees its part.
const (
	quotaWindow        = 24 * time.Hour
	defaultUploadQuota = 200 << 20 // bytes: 40 GIFs of the largest size
	quotaUploads       = 500
)

// Upload is a GIF that a visitor has posted.
type Upload struct {
	Bytes int64
	At    time.Time
}

// QuotaError refuses a GIF of a visitor whose quota is used up.
type QuotaError struct {
	RetryAfter time.Duration // until the quota admits a GIF of this size
}

func (e *QuotaError) Error() string {
	return "upload quota: retry after " + e.RetryAfter.Round(time.Second).String()
}

// checkQuota returns a QuotaError if the visitor may not post a number of bytes more.
// Concurrent uploads do not count against each other; handlers limit their number.
func (s *Service) checkQuota(ctx context.Context, v Visitor, bytes int64) error {
	uploads, err := s.store.Uploads(ctx, v.Session, now().Add(-quotaWindow))
	if err != nil {
		return fmt.Errorf("upload quota: %w", err)
	}
	return overQuota(uploads, bytes, s.uploadQuota, now())
}

// overQuota returns a QuotaError if an upload of a number of bytes exceeds the quota
// together with earlier uploads, which are sorted oldest first.
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
	case bytes > quota: // this upload alone exceeds the quota
		return &QuotaError{RetryAfter: quotaWindow}
	case wait > 0:
		return &QuotaError{RetryAfter: wait}
	}
	return nil
}
