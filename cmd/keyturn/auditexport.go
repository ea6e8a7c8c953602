package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyturn/audit"
	"keyturn/cmd/keyturn/screen"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

func newAuditExport(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export [APP...]",
		Short: "Write the audit log: every entry as JSON lines, or one line a renewal as CSV",
		Long: "As JSON lines: every entry, and after each application's last one its head, {\"head\": {...}}. Keep it elsewhere:\n" +
			"keyturn audit verify --against finds out whether anything was cut off or changed since.\n\n" +
			"As CSV: one line for each renewal, for an auditor's question \"is it renewed every N days, and how do you know?\": when,\n" +
			"how long after the one before, how long both secrets worked, the weakest proof among the places, on what evidence the\n" +
			"old one went, and who. A log that doesn't hold is exported all the same, with exit code 1.",
		Example: "  keyturn audit export > audit.jsonl\n  keyturn audit export provision-assist -o csv > renewals.csv",
	}
	f := formatFlag(cmd, asJSON, asCSV)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return sh.auditExport(cmd.Context(), f, args) }
	return cmd
}

func (sh *shell) auditExport(ctx context.Context, f *format, apps []string) error {
	reader, err := sh.openReader(ctx)
	if err != nil {
		return err
	}
	defer sh.close(reader)
	chains, err := readChains(ctx, reader, apps)
	if err != nil {
		return err
	}
	if f.chosen == asCSV {
		err = sh.exportRenewals(ctx, reader, chains)
	} else {
		err = sh.exportEntries(chains)
	}
	if err != nil {
		return err
	}
	for _, c := range chains {
		if !c.OK {
			return problem.NeedsPerson("audit.broken", c.Head.App, "the audit log doesn't hold: "+c.Message,
				"keyturn audit verify "+c.Head.App+"; keep the store's file and this export as they are")
		}
	}
	return nil
}

func (sh *shell) exportEntries(chains []chain) error {
	for _, c := range chains {
		lines := make([]exported, 0, len(c.entries)+1)
		for i := range c.entries {
			lines = append(lines, exported{Entry: &c.entries[i]})
		}
		for _, line := range append(lines, exported{Head: &c.Head}) {
			text, err := json.Marshal(line)
			if err != nil {
				return fmt.Errorf("write the entry as JSON: %w", err)
			}
			if err := sh.write(string(text) + "\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// exportRenewals writes one line a run, oldest first. The head of the application's chain stands in each of its lines.
func (sh *shell) exportRenewals(ctx context.Context, reader store.Reader, chains []chain) error {
	list := listing{head: []string{
		"app", "run", "begun", "delivered", "ended", "outcome", "days since the last delivery", "days of overlap", "places", "weakest proof",
		"old Secret ID", "new Secret ID", "new secret ends", "evidence", "approved by", "who", "audit entries", "audit head",
	}}
	for _, c := range chains {
		runs, err := reader.Runs(ctx, store.Filter{App: c.Head.App, Limit: 1_000_000})
		if err != nil {
			return fmt.Errorf("list the runs of %s: %w", c.Head.App, err)
		}
		slices.Reverse(runs)
		var last time.Time
		for _, run := range runs {
			history, err := reader.History(ctx, run.ID)
			if err != nil {
				return fmt.Errorf("read the history of run %s: %w", run.ID, err)
			}
			row := append(renewalRow(run, history, last), fmt.Sprint(c.Head.Number), c.Head.Digest)
			list.rows = append(list.rows, screen.Cells(row...))
			if !run.DeliveredAt.IsZero() {
				last = run.DeliveredAt
			}
		}
	}
	return sh.printCSV(list)
}

// renewalRow tells one run to an auditor.
func renewalRow(run renewal.Run, history store.History, last time.Time) []string {
	attempt, _ := history.Current(run.Attempt)
	return []string{
		run.App, run.ID, minute(run.CreatedAt), minute(run.DeliveredAt), minute(run.EndedAt), orNone(string(run.Outcome)),
		daysBetween(last, run.DeliveredAt), daysBetween(run.DeliveredAt, run.EndedAt),
		fmt.Sprint(len(run.Order.Targets)), weakest(run, history), orNone(run.Retires), orNone(attempt.KeyID), day(attempt.End),
		run.Evidence, run.ApprovedBy, actors(history.Audit),
	}
}

// daysBetween is how many days lie between two instants, "" where one of them isn't known.
func daysBetween(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return ""
	}
	return fmt.Sprintf("%.1f", to.Sub(from).Hours()/24)
}

// weakest is the least proof that any place reached.
func weakest(run renewal.Run, history store.History) string {
	least := renewal.LiveProbe
	for _, proof := range proofs(run, history) {
		if least.Above(proof.Rung) {
			least = proof.Rung
		}
	}
	if len(run.Order.Targets) == 0 || least == renewal.Unproven {
		return "none"
	}
	return string(least)
}

// actors lists who acted in a run.
func actors(entries []audit.Entry) string {
	var who []string
	for _, e := range entries {
		if e.Who != "" && !slices.Contains(who, e.Who) {
			who = append(who, e.Who)
		}
	}
	return strings.Join(who, "; ")
}
