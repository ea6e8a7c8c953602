package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/audit"
	"keyturn/cmd/keyturn/screen"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

func newShow(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show RUN|APP",
		Short: "Show one renewal: its places with their proof, its attempts, its log",
		Long: "Shows all that is kept of one renewal: where it stands and why, the proof that each place reached, every attempt at a\n" +
			"new secret, and the audit log with Microsoft's request ids. With an application's name, its newest renewal.",
		Example: "  keyturn show k3v9q0x2ab\n  keyturn show provision-assist -o json",
		Args:    exactly(1, "one run or application"),
	}
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return sh.showRun(cmd.Context(), f, args[0]) }
	return cmd
}

// findRun returns the run with that id, or the newest run of the application with that name.
func findRun(ctx context.Context, reader store.Reader, name string) (renewal.Run, error) {
	run, err := reader.Run(ctx, name)
	if !errors.Is(err, store.ErrNotFound) {
		return run, err
	}
	runs, err := reader.Runs(ctx, store.Filter{App: name, Limit: 1})
	if err != nil {
		return renewal.Run{}, fmt.Errorf("look for a run of %s: %w", name, err)
	}
	if len(runs) == 0 {
		missing := problem.NeedsPerson(problem.NotFound, name, "neither a run nor an application with one", "keyturn runs lists them")
		missing.Err = store.ErrNotFound
		return renewal.Run{}, missing
	}
	return runs[0], nil
}

// told is one run with its history, as JSON shows it.
type told struct {
	Run        renewal.Run        `json:"run"`
	Attempts   []renewal.Attempt  `json:"attempts"`
	Deliveries []renewal.Delivery `json:"deliveries"`
	Audit      []audit.Entry      `json:"audit"`
}

func (sh *shell) showRun(ctx context.Context, f *format, name string) error {
	reader, err := sh.openReader(ctx)
	if err != nil {
		return err
	}
	defer sh.close(reader)
	run, err := findRun(ctx, reader, name)
	if err != nil {
		return err
	}
	history, err := reader.History(ctx, run.ID)
	if err != nil {
		return fmt.Errorf("read the history of run %s: %w", run.ID, err)
	}
	if f.chosen == asJSON {
		return sh.printJSON(told{run, notNil(history.Attempts), notNil(history.Deliveries), notNil(history.Audit)})
	}
	return sh.showTables(run, history)
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (sh *shell) showTables(run renewal.Run, history store.History) error {
	if err := sh.write(sh.headOf(run)); err != nil {
		return err
	}
	var places, attempts, entries [][]screen.Cell
	for _, d := range history.Deliveries {
		places = append(places, screen.Cells(d.Target, fmt.Sprint(d.N), string(d.State), string(d.Rung), minute(d.WrittenAt), d.Note))
	}
	for _, a := range history.Attempts {
		attempts = append(attempts, screen.Cells(fmt.Sprint(a.N), string(a.State), a.KeyID, a.Mark, day(a.End)))
	}
	for _, e := range history.Audit {
		entries = append(entries, screen.Cells(minute(e.At), e.Who, e.Action, e.Object, string(e.Outcome), strings.TrimSpace(e.Detail+" "+e.Requests)))
	}
	for _, part := range []listing{
		{head: []string{"PLACE", "ATTEMPT", "STATE", "PROOF", "WRITTEN", "NOTE"}, rows: places},
		{head: []string{"ATTEMPT", "STATE", "SECRET ID", "DESCRIPTION", "ENDS"}, rows: attempts},
		{head: []string{"AT", "WHO", "DID", "TO", "OUTCOME", "DETAIL"}, rows: entries},
	} {
		if len(part.rows) == 0 {
			continue
		}
		if err := sh.write("\n"); err != nil {
			return err
		}
		if err := screen.Table(sh.out, sh.style(), part.head, part.rows); err != nil {
			return err
		}
	}
	return nil
}

// headOf is what matters of a run, one line each.
func (sh *shell) headOf(run renewal.Run) string {
	var text strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&text, "%-12s %s\n", name, screen.Clean(value))
		}
	}
	line("run", run.ID+" of "+run.App)
	line("state", strings.TrimSpace(string(run.State)+" "+string(run.Outcome)))
	line("stands still", doorCell(run).Text)
	line("because", run.Reason.Text)
	line("next", run.Reason.Fix)
	line("retires", run.Retires)
	line("evidence", run.Evidence)
	line("begun", minute(run.CreatedAt))
	line("delivered", minute(run.DeliveredAt))
	line("ended", minute(run.EndedAt))
	for _, note := range run.Order.Notes {
		line("note", note)
	}
	return text.String()
}
