package store

import (
	"context"
	"time"

	"keyturn/renewal"
)

// Census counts the open runs, for metrics: in one cheap question, however many there are. It is an optional part of a
// store.
type Census interface {
	// Census returns a group for each state and door in which at least one run stands, in no order. now is policy's time.
	Census(ctx context.Context, now time.Time) ([]Group, error)
}

// Group is the open runs of one state and door.
type Group struct {
	State renewal.State
	Door  renewal.Door
	Runs  int
	Tries int // the most failed tries in a row of any of them
	// Late is for how long the one that has stood still for longest could have gone on: since its last save, or since its
	// WakeAt where it waits for a time. Behind the person's door it is for how long a person has been asked.
	Late time.Duration
}
