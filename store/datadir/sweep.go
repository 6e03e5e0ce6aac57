package datadir

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gifchat/store"
)

// sweepInterval is the time between two sweeps. A file that a crash has left is
// removed ten minutes later at most: this interval and the age for Files.Sweep.
const sweepInterval = 4 * time.Minute

// StartSweep removes GIFs that no message shows, at once and then regularly. isShown
// reports whether a message shows a GIF. The returned function ends the sweep and
// waits for its end.
func StartSweep(ctx context.Context, gifs *store.Files, isShown func(context.Context, string) (bool, error), log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var task sync.WaitGroup
	task.Go(func() {
		ticker := time.NewTicker(sweepInterval)
		defer ticker.Stop()
		for {
			n, err := gifs.Sweep(ctx, isShown)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				log.Warn("gifs not swept", "err", err)
			case n > 0:
				log.Info("gifs swept", "removed", n)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return func() {
		cancel()
		task.Wait()
	}
}
