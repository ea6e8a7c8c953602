package main

import (
	"context"
	"fmt"

	"keyturn/renewal"
	"keyturn/store"
)

// summary is the last line of `renew -o json`.
type summary struct {
	Event         string           `json:"event"` // always "summary"
	Run           string           `json:"run"`
	App           string           `json:"app"`
	State         renewal.State    `json:"state"`
	Outcome       string           `json:"outcome"` // how it ended, or why it stands still: "wait", "retry", "person"
	Reason        *renewal.Reason  `json:"reason,omitempty"`
	Targets       []summaryTarget  `json:"targets"`
	Served        bool             `json:"served,omitempty"` // a serving Keyturn finishes it by itself
	Evidence      string           `json:"evidence,omitempty"`
	Requests      int64            `json:"requests"`
	SignIns       *summarySignIns  `json:"signIns,omitempty"`       // of consumers; only a demo can know
	SecretsOnDisk *int             `json:"secretsOnDisk,omitempty"` // likewise
	Seconds       float64          `json:"seconds,omitempty"`
	Findings      []summaryFinding `json:"findings,omitempty"` // what else of the application needs a person
}

type summaryTarget struct {
	Target string       `json:"target"`
	Rung   renewal.Rung `json:"rung"`
}

type summarySignIns struct {
	OK     int `json:"ok"`
	Failed int `json:"failed"`
}

type summaryFinding struct {
	Subject string `json:"subject"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
}

// end shows how a run stands after it was driven, and turns that into the command's verdict.
func (w *workshop) end(ctx context.Context, run renewal.Run, err error) error {
	if err != nil {
		return err
	}
	told, err := w.sum(ctx, run)
	if err != nil {
		return err
	}
	w.shown.Sum(run, told)
	if (run.State.Ended() || told.Served) && len(told.Findings) == 0 {
		return nil
	}
	return attention()
}

// sum gathers what is known of a run once it stands still.
func (w *workshop) sum(ctx context.Context, run renewal.Run) (summary, error) {
	// The context may have ended by a second Ctrl-C; what is kept can be told all the same.
	history, err := w.store.History(context.WithoutCancel(ctx), run.ID)
	if err != nil {
		return summary{}, fmt.Errorf("read the history of run %s: %w", run.ID, err)
	}
	told := summary{
		Event: "summary", Run: run.ID, App: run.App, State: run.State, Outcome: string(run.Outcome), Targets: proofs(run, history),
		Evidence: run.Evidence, Requests: w.session.Requests(),
	}
	if !run.State.Ended() {
		told.Outcome, told.Reason = string(run.Door), &run.Reason
		told.Served = run.Door != renewal.Person && w.served(ctx)
	}
	if run.State != renewal.Aborted && !run.VerifiedAt.IsZero() {
		told.Findings = w.otherTrouble(ctx, run, history.Attempts)
	}
	return told, nil
}

// served reports whether somebody drives by themselves what is parked in this store.
func (w *workshop) served(ctx context.Context) bool {
	served, err := w.store.Served(context.WithoutCancel(ctx))
	return err == nil && served
}

// proofs lists the places of the current attempt in the configuration's order.
func proofs(run renewal.Run, history store.History) []summaryTarget {
	held := history.Of(run.Attempt)
	list := []summaryTarget{}
	for _, id := range run.Order.Targets {
		list = append(list, summaryTarget{id, held[id].Rung})
	}
	return list
}
