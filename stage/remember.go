package stage

import (
	"context"
	"strconv"
	"strings"

	"keyturn/renewal"
	"keyturn/store"
	"keyturn/target"
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
	request.Proven = func(place string, standing target.Standing) bool { return isProven(ctx, reader, app, place, standing) }
	request.Delivered = func(place, receipt string) string { return deliveredKey(ctx, reader, app, place, receipt) }
	return request
}

// isProven reports whether a place shows what the application's open run has brought everywhere.
func isProven(ctx context.Context, reader store.Reader, app, place string, standing target.Standing) bool {
	open, err := reader.Runs(ctx, store.Filter{App: app, Open: true, Limit: 1})
	if err != nil || len(open) == 0 {
		return false
	}
	history, err := reader.History(ctx, open[0].ID)
	return err == nil && open[0].Brought(standing.Tag, standing.Receipt, history.Of(open[0].Attempt)[place])
}

// deliveredKey looks through an application's runs, newest first, for the write that left that receipt.
func deliveredKey(ctx context.Context, reader store.Reader, app, place, receipt string) string {
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
			if attempt, ok := history.Current(d.N); ok && d.Target == place && d.Receipt == receipt {
				return attempt.KeyID
			}
		}
	}
	return ""
}
