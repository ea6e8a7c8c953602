package stage

import (
	"context"
	"strconv"
	"strings"

	"keyturn/renewal"
	"keyturn/store"
)

// Remember lets a request ask what this store knows: which marks are its own, which of them an open run has delivered,
// and which key id was delivered with a receipt. What can't be read counts as not known, which only ever makes a plan more careful.
func Remember(ctx context.Context, reader store.Reader, request Request, app string) Request {
	request.Known = func(tag string) renewal.AttemptState {
		run, n, ok := strings.Cut(tag, ".")
		number, err := strconv.Atoi(n)
		if !ok || err != nil {
			return ""
		}
		history, err := reader.History(ctx, run)
		if err != nil {
			return ""
		}
		attempt, _ := history.Current(number)
		return attempt.State
	}
	request.Proven = func(tag string) bool {
		id, _, _ := strings.Cut(tag, ".")
		run, err := reader.Run(ctx, id)
		return err == nil && tag == renewal.Tag(run.ID, run.Attempt) && !run.State.Ended() && !run.VerifiedAt.IsZero()
	}
	request.Delivered = func(target, receipt string) string { return deliveredKey(ctx, reader, app, target, receipt) }
	return request
}

// deliveredKey looks through an application's runs, newest first, for the write that left that receipt.
func deliveredKey(ctx context.Context, reader store.Reader, app, target, receipt string) string {
	runs, err := reader.Runs(ctx, store.Filter{App: app, Limit: 20})
	if err != nil || receipt == "" {
		return ""
	}
	for _, run := range runs {
		history, err := reader.History(ctx, run.ID)
		if err != nil {
			return ""
		}
		for _, d := range history.Deliveries {
			if attempt, ok := history.Current(d.N); ok && d.Target == target && d.Receipt == receipt {
				return attempt.KeyID
			}
		}
	}
	return ""
}
