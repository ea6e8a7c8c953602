package storetest

import (
	"fmt"
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

// prune: what is old goes, the newest runs of each application and what is open stay, and the audit log always does.
func prune(t *testing.T, b Bench) {
	lived := func(app string, ended time.Time) renewal.Run {
		t.Helper()
		run := begin(t, b.Store, app)
		run.UpdatedAt, run.Attempt = ended, 1
		run = advance(t, b.Store, store.Change{
			Run: run, Attempts: []renewal.Attempt{{Run: run.ID, N: 1, State: renewal.AttemptChosen}},
			Deliveries: []renewal.Delivery{{Run: run.ID, N: 1, Target: "vault", State: renewal.DeliveryWritten}},
			Told:       store.Told{Events: []renewal.Event{{Kind: "written", Text: "x"}}, Audit: []audit.Entry{{Action: "write", Outcome: audit.Happened}}},
		})
		if ended.IsZero() {
			return run
		}
		run.State, run.EndedAt = renewal.Done, ended
		return advance(t, b.Store, store.Change{Run: run, Release: true})
	}
	var runs []renewal.Run
	for i := range 5 { // the last two stay for being the newest, the one before for being young
		runs = append(runs, lived("app", noon.Add(time.Duration(i)*time.Hour)))
	}
	quiet := lived("quiet", noon.Add(-24*time.Hour))
	open := lived("open", time.Time{})
	pruner := part[store.Pruner](t, b.Store)
	more, err := pruner.Prune(t.Context(), noon.Add(90*time.Minute))
	must(t, err)
	same(t, "whether there is more", more, false)
	for i, run := range append(runs, quiet, open) {
		history, err := b.Store.History(t.Context(), run.ID)
		must(t, err)
		events, err := b.Store.Events(t.Context(), run.ID, 0)
		must(t, err)
		kept := i >= 2
		if (len(events) > 0) != kept || (len(history.Deliveries) > 0) != kept || len(history.Attempts) != 1 || len(history.Audit) != 1 {
			t.Errorf("run %d of %s has %d events, %d deliveries, %d attempts, %d audit entries; kept: %v",
				i, run.App, len(events), len(history.Deliveries), len(history.Attempts), len(history.Audit), kept)
		}
	}
}

// pruneMore: many runs take several calls, each of them short.
func pruneMore(t *testing.T, b Bench) {
	told := store.Told{Events: []renewal.Event{{Kind: "begun", Text: "x"}}}
	for range store.PruneAtOnce + store.KeepRuns + 5 {
		run, err := b.Store.Begin(t.Context(), fresh("app"), told)
		must(t, err)
		run.State, run.EndedAt = renewal.Done, noon
		advance(t, b.Store, store.Change{Run: run, Release: true})
	}
	pruner := part[store.Pruner](t, b.Store)
	var calls []string
	for more := true; more; {
		var err error
		more, err = pruner.Prune(t.Context(), noon.Add(time.Second))
		must(t, err)
		calls = append(calls, fmt.Sprint(b.Count(t, "event WHERE 1 = 1")))
	}
	same(t, "the events after each call", fmt.Sprint(calls), fmt.Sprintf("[%d %d]", store.KeepRuns+5, store.KeepRuns))
}
