package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gifchat/bench/internal/proc"
	"gifchat/bench/internal/sample"
)

// runPolling runs a workload of clients that connect by HTTP long-polling, as
// stock clients do first. Handshakes and polls use net/http.
func runPolling(c config) (sample.Sample, error) {
	s := sample.Sample{Conns: c.conns}
	if c.protocol != "sio4" {
		return s, fmt.Errorf("protocol: got %q, want sio4 for polling", c.protocol)
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectTime)
	defer cancel()
	if c.workload == "upgrade" {
		return s, measureUpgrades(ctx, c, &s)
	}
	p := &pollers{config: c, arrived: make(chan struct{}, 1)}
	defer p.polls.Wait()
	defer cancel()
	return s, p.run(ctx, &s)
}

// pollers are clients in one room that never upgrade.
type pollers struct {
	config  config
	clients []*pollingClient
	polls   sync.WaitGroup

	joined, delivered atomic.Int64
	arrived           chan struct{} // signals a change of joined, delivered or failure

	mu      sync.Mutex
	latency histogram // guarded by mu
	failure error     // guarded by mu
}

func (p *pollers) run(ctx context.Context, s *sample.Sample) error {
	before, err := proc.Read(p.config.pid)
	if err != nil {
		return err
	}
	for range p.config.conns {
		c, err := openPolling(ctx, p.config.addr)
		if err != nil {
			return err
		}
		p.clients = append(p.clients, c)
		if err := c.post(ctx, "40"); err != nil {
			return err
		}
		p.polls.Go(func() { p.follow(ctx, c) })
	}
	if err := p.await(&p.joined, int64(p.config.conns)); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	time.Sleep(p.config.settle)
	settled, err := proc.Read(p.config.pid)
	if err != nil {
		return err
	}
	n := float64(p.config.conns)
	s.Handshake = (settled.CPU() - before.CPU()) * 1e6 / n
	s.IdleRSS = float64(settled.RSS-before.RSS) / n
	return p.measure(ctx, s)
}

func (p *pollers) measure(ctx context.Context, s *sample.Sample) error {
	if err := p.fanout(ctx, p.config.warm); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	time.Sleep(atRest)
	p.mu.Lock()
	p.latency = histogram{}
	p.mu.Unlock()
	delivered := p.delivered.Load()
	a, err := readMeter(p.config.pid)
	if err != nil {
		return err
	}
	if err := p.fanout(ctx, p.config.duration); err != nil {
		return err
	}
	lasted := time.Since(a.server.At)
	time.Sleep(atRest)
	b, err := readMeter(p.config.pid)
	fill(s, a, b, lasted, p.delivered.Load()-delivered)
	s.Sent = s.Units / int64(p.config.conns)
	p.mu.Lock()
	defer p.mu.Unlock()
	s.P50, s.P99 = p.latency.quantile(.5), p.latency.quantile(.99)
	return err
}

// fanout keeps one broadcast outstanding for d.
func (p *pollers) fanout(ctx context.Context, d time.Duration) error {
	for end, turn := time.Now().Add(d), 0; time.Now().Before(end); turn++ {
		sender := p.clients[turn%min(senders, len(p.clients))]
		target := p.delivered.Load() + int64(p.config.conns)
		if err := sender.post(ctx, `42["chat","`+stamped(now(), p.config.text)+`"]`); err != nil {
			return err
		}
		if err := p.await(&p.delivered, target); err != nil {
			return err
		}
	}
	return nil
}

// await waits until count reaches target. It fails after drainTime, or when a
// client fails.
func (p *pollers) await(count *atomic.Int64, target int64) error {
	timeout := time.After(drainTime)
	for count.Load() < target {
		select {
		case <-p.arrived:
		case <-timeout:
			return fmt.Errorf("%d missing after %v", target-count.Load(), drainTime)
		}
		p.mu.Lock()
		err := p.failure
		p.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// follow polls for c until ctx ends or c fails.
func (p *pollers) follow(ctx context.Context, c *pollingClient) {
	for {
		packets, err := c.poll(ctx)
		if err == nil && ctx.Err() == nil {
			err = p.handle(ctx, c, packets)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.mu.Lock()
			p.failure = errors.Join(p.failure, err)
			p.mu.Unlock()
		}
		select {
		case p.arrived <- struct{}{}:
		default: // a signal is pending
		}
		if err != nil {
			return
		}
	}
}

func (p *pollers) handle(ctx context.Context, c *pollingClient, packets []string) error {
	for _, packet := range packets {
		switch {
		case packet == "2":
			if err := c.post(ctx, "3"); err != nil {
				return err
			}
		case strings.HasPrefix(packet, "40"):
			if err := c.post(ctx, `421["join","room0"]`); err != nil { // Node ends a connection that sends an event before this
				return err
			}
		case strings.HasPrefix(packet, "431"):
			p.joined.Add(1)
		case strings.HasPrefix(packet, "42"):
			at, _, ok := nextStamp([]byte(packet))
			if !ok {
				return fmt.Errorf("unexpected %.120q", packet)
			}
			p.mu.Lock()
			p.latency.add(now() - at)
			p.mu.Unlock()
			p.delivered.Add(1)
		}
	}
	return nil
}

// pollingClient is one Engine.IO connection over HTTP. Like a browser, each
// client has TCP connections of its own.
type pollingClient struct {
	client  http.Client
	address string // URL with the sid
}

// openPolling opens an Engine.IO connection by the first poll.
func openPolling(ctx context.Context, addr string) (*pollingClient, error) {
	c := &pollingClient{client: http.Client{Transport: &http.Transport{}}, address: "http://" + addr + "/socket.io/?EIO=4&transport=polling"}
	packets, err := c.poll(ctx)
	if err != nil {
		return nil, err
	}
	var opened struct {
		SID string `json:"sid"`
	}
	if text, ok := strings.CutPrefix(packets[0], "0"); !ok || json.Unmarshal([]byte(text), &opened) != nil {
		return nil, fmt.Errorf("not an open packet: %.120q", packets[0])
	}
	c.address += "&sid=" + opened.SID
	return c, nil
}

// poll makes one GET request and returns the packets of the response.
func (c *pollingClient) poll(ctx context.Context) ([]string, error) {
	body, err := c.do(ctx, http.MethodGet, nil)
	return strings.Split(body, "\x1e"), err
}

func (c *pollingClient) post(ctx context.Context, payload string) error {
	_, err := c.do(ctx, http.MethodPost, strings.NewReader(payload))
	return err
}

func (c *pollingClient) do(ctx context.Context, method string, body io.Reader) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.address, body)
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	response, err := c.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %.120q", method, response.Status, text)
	}
	return string(text), err
}
