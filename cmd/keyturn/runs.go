package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"keyturn/cmd/keyturn/screen"
	"keyturn/renewal"
	"keyturn/store"
)

func newRuns(sh *shell) *cobra.Command {
	var open bool
	var limit int
	cmd := &cobra.Command{
		Use: "runs [APP]", SuggestFor: []string{"history"},
		Short:   "List renewals, newest first",
		Example: "  keyturn runs\n  keyturn runs provision-assist --open\n  keyturn runs -o csv > runs.csv",
		Args:    upTo(1, "at most one application"),
	}
	cmd.Flags().BoolVar(&open, "open", false, "only those that haven't ended")
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many")
	f := formatFlag(cmd, asTable, asJSON, asCSV)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		filter := store.Filter{Open: open, Limit: limit}
		if len(args) == 1 {
			filter.App = args[0]
		}
		return sh.runs(cmd.Context(), f, filter)
	}
	return cmd
}

func (sh *shell) runs(ctx context.Context, f *format, filter store.Filter) error {
	reader, err := sh.openReader(ctx)
	if err != nil {
		return err
	}
	defer sh.close(reader)
	runs, err := reader.Runs(ctx, filter)
	if err != nil {
		return fmt.Errorf("list runs: %w", err)
	}
	list := listing{head: []string{"RUN", "APP", "STATE", "STANDS STILL", "BEGUN", "ENDED", "OUTCOME"}, data: runs, none: "no renewal yet: keyturn renew APP"}
	if runs == nil {
		list.data = []renewal.Run{}
	}
	for _, r := range runs {
		list.rows = append(list.rows, []screen.Cell{
			{Text: r.ID}, {Text: r.App}, {Text: string(r.State)}, doorCell(r), {Text: day(r.CreatedAt)}, {Text: day(r.EndedAt)}, {Text: string(r.Outcome)},
		})
	}
	return sh.print(f, list)
}

// doorCell says in a few words why a run stands still.
func doorCell(r renewal.Run) screen.Cell {
	switch r.Door {
	case renewal.Person:
		return screen.Cell{Text: "needs you: " + r.Reason.Code, Paint: screen.Red}
	case renewal.Wait, renewal.Retry:
		return screen.Cell{Text: string(r.Door) + " until " + minute(r.WakeAt), Paint: screen.Amber}
	}
	return screen.Cell{}
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

func minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}
