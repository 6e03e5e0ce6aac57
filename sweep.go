package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gifchat/store"
)

// sweepInterval is how often what a crash or a refused message has left behind
// is looked for. With the age at which store.Files takes a file for left over
// it is gone after ten minutes.
const sweepInterval = 4 * time.Minute

// sweep removes GIFs that no message holds, now and then again, until the
// function it returns is called, which waits for the end.
func sweep(ctx context.Context, gifs *store.Files, held func(context.Context, string) (bool, error), log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var task sync.WaitGroup
	task.Go(func() {
		ticker := time.NewTicker(sweepInterval)
		defer ticker.Stop()
		for {
			n, err := gifs.Sweep(ctx, held)
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
