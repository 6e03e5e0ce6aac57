package main

import (
	"context"
	"log"
	"sync/atomic"
	"time"

	"gifchat/socketio"
)

// patience is how long the kitchen waits for the answer of a client.
const patience = 5 * time.Second

type kitchen struct {
	prices map[string]int // by dish; immutable
	orders atomic.Int64
}

type order struct {
	Dish  string `json:"dish"`
	Count int    `json:"count"`
}

// Validate is called before the handler. Its error refuses the event.
func (o order) Validate() error {
	if o.Count < 1 || o.Count > 10 {
		return &socketio.Error{Message: "order 1 to 10 portions", Data: map[string]string{"field": "count"}}
	}
	return nil
}

type receipt struct {
	Number int64 `json:"number"`
	Total  int   `json:"total"`
}

// order answers with a receipt, after the client has confirmed the price.
func (k *kitchen) order(ctx context.Context, s *socketio.Socket, o order) (receipt, error) {
	price, ok := k.prices[o.Dish]
	if !ok {
		return receipt{}, &socketio.Error{Message: "not on the menu"}
	}
	total := o.Count * price
	if !confirmed(ctx, s, total) {
		return receipt{}, &socketio.Error{Message: "not confirmed"}
	}
	askRating(s)
	return receipt{Number: k.orders.Add(1), Total: total}, nil
}

// confirmed asks the client and waits for its answer. The later events of this
// client wait too.
func confirmed(ctx context.Context, s *socketio.Socket, total int) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	yes, err := socketio.Request[bool](ctx, s, "confirm", total)
	return err == nil && yes
}

// askRating asks the client and does not wait.
func askRating(s *socketio.Socket) {
	s.EmitWithAckFunc(patience, func(answer socketio.Args, err error) {
		var stars int
		if err == nil {
			err = answer.Bind(&stars)
		}
		if err != nil {
			log.Printf("no rating: %v", err)
			return
		}
		_ = s.Emit("thanks", stars) // fails if the client has gone
	}, "rate us")
}

// cook acknowledges its event later, from another goroutine. The later events of
// the client do not wait.
func (k *kitchen) cook(e *socketio.Event) {
	var dish string
	if err := e.Bind(&dish); err != nil {
		e.Refuse(err)
		return
	}
	time.AfterFunc(100*time.Millisecond, func() {
		_ = e.Ack(dish + " is ready") // fails if the client has gone
	})
}

// rollCall asks all clients and answers with the names that came in time.
func (k *kitchen) rollCall(ctx context.Context, s *socketio.Socket, _ struct{}) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	answers, _ := s.Namespace().EmitWithAck(ctx, "name?") // an error means that some are missing
	names := []string{}
	for _, answer := range answers {
		var name string
		if answer.Bind(&name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}
