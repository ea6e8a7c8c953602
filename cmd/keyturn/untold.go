package main

import (
	"context"
	"fmt"
	"time"

	"keyturn/store"
)

// untold says that notices don't reach people.
type untold struct{ Text, Fix string }

// untoldOf looks into the outbox; nil = people are told, or there is nothing to tell.
func untoldOf(ctx context.Context, reader any) (*untold, error) {
	box, ok := reader.(store.OutboxReader)
	if !ok {
		return nil, nil //nolint:nilnil // nothing is what was found
	}
	sum, err := box.Outbox(ctx)
	if err != nil {
		return nil, fmt.Errorf("look into the outbox: %w", err)
	}
	switch {
	case sum.GivenUp > 0:
		return &untold{
			Text: fmt.Sprintf("%s given up after days of trying: %s", counted(sum.GivenUp), sum.Failure),
			Fix:  "keyturn notify test; when it gets through, keyturn notify resend",
		}, nil
	case sum.Stuck():
		return &untold{
			Text: fmt.Sprintf("%s not sent since %s: %s", counted(sum.Pending), sum.Oldest.Round(time.Minute), sum.Failure),
			Fix:  "keyturn notify test shows what is wrong; they are tried again by themselves",
		}, nil
	}
	return nil, nil //nolint:nilnil // nothing is what was found
}

func counted(n int) string {
	if n == 1 {
		return "1 notice was"
	}
	return fmt.Sprintf("%d notices were", n)
}
