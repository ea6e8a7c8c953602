package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"keyturn/audit"
	"keyturn/cmd/keyturn/screen"
	"keyturn/store"
)

func newAudit(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Check the audit log, or export it",
		Long: "Everything that a renewal did is in the audit log: who, what, to which object, with which outcome, in the same\n" +
			"transaction as the change. Each application's entries are chained, so that a changed or missing one shows.",
		Example: "  keyturn audit verify\n  keyturn audit export > audit.jsonl",
	}
	return family(cmd, newAuditVerify(sh), newAuditExport(sh))
}

func newAuditVerify(sh *shell) *cobra.Command {
	var against string
	cmd := &cobra.Command{
		Use:   "verify [APP...]",
		Short: "Check that no entry was changed, inserted or removed; name the first bad one",
		Long: "Follows each application's chain from its first entry and prints its head: number and digest of the last one. Entries\n" +
			"cut off at the end show only against a head that was kept elsewhere: give an earlier export with --against.\n" +
			"Exit code 1 when an entry is bad.",
		Example: "  keyturn audit verify\n  keyturn audit verify provision-assist --against audit-2026-11.jsonl",
	}
	cmd.Flags().StringVar(&against, "against", "", "an earlier export (JSON lines): every entry and head in it must still be there")
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return sh.auditVerify(cmd.Context(), f, args, against) }
	return cmd
}

// head is the end of one application's chain.
type head struct {
	App    string `json:"app"`
	Number int64  `json:"number"`
	Digest string `json:"digest"`
}

// chain is one application's log with what is wrong with it.
type chain struct {
	Head    head   `json:"head"`
	OK      bool   `json:"ok"`
	Bad     int64  `json:"bad,omitempty"` // number of the first bad entry
	Message string `json:"message,omitempty"`

	entries []audit.Entry
}

func (sh *shell) auditVerify(ctx context.Context, f *format, apps []string, against string) error {
	chains, err := sh.chains(ctx, apps)
	if err != nil {
		return err
	}
	if against != "" {
		if err := compare(chains, against); err != nil {
			return err
		}
	}
	list := listing{head: []string{"APP", "ENTRIES", "HEAD", "VERDICT"}, data: notNil(chains), none: "no audit log yet: it begins with the first renewal"}
	for _, c := range chains {
		verdict := screen.Cell{Text: "holds", Paint: screen.Green}
		if !c.OK {
			verdict = screen.Cell{Text: c.Message, Paint: screen.Red}
		}
		list.rows = append(list.rows, []screen.Cell{{Text: c.Head.App}, {Text: fmt.Sprint(len(c.entries))}, {Text: c.Head.Digest}, verdict})
	}
	if err := sh.print(f, list); err != nil {
		return err
	}
	return verdictOn(chains)
}

// verdictOn is how a command ends that has seen these chains.
func verdictOn(chains []chain) error {
	if slices.ContainsFunc(chains, func(c chain) bool { return !c.OK }) {
		return &verdict{code: exitFailed}
	}
	return nil
}

// ledger is a store as an auditor uses it.
type ledger interface {
	store.Reader
	store.Ledger
}

// chains reads and checks the logs of the applications named, or of all that have one, by name.
func (sh *shell) chains(ctx context.Context, apps []string) ([]chain, error) {
	reader, err := sh.openReader(ctx)
	if err != nil {
		return nil, err
	}
	defer sh.close(reader)
	return readChains(ctx, reader, apps)
}

func readChains(ctx context.Context, from ledger, apps []string) ([]chain, error) {
	if len(apps) == 0 {
		runs, err := listRuns(ctx, from, store.Filter{Latest: true})
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			apps = append(apps, run.App)
		}
		slices.Sort(apps)
	}
	var chains []chain
	for _, app := range apps {
		entries, err := from.Chain(ctx, app)
		if err != nil {
			return nil, err
		}
		chains = append(chains, followChain(app, entries))
	}
	return chains, nil
}

// followChain checks one chain.
func followChain(app string, entries []audit.Entry) chain {
	c := chain{Head: head{App: app}, OK: true, entries: entries}
	if len(entries) > 0 {
		last := entries[len(entries)-1]
		c.Head.Number, c.Head.Digest = last.Number, last.Digest
	}
	if bad := audit.Verify(entries); bad > 0 {
		c.blame(bad, "was changed, or doesn't follow from the one before it")
	}
	return c
}

// blame says what is wrong with entry n, unless an earlier one is known to be bad.
func (c *chain) blame(n int64, what string) {
	if !c.OK && c.Bad <= n {
		return
	}
	c.OK, c.Bad = false, n
	for _, e := range c.entries {
		if e.Number == n {
			c.Message = fmt.Sprintf("entry %d (%s of %s, run %s, %s) %s", n, e.Action, e.Object, e.Run, minute(e.At), what)
			return
		}
	}
	c.Message = fmt.Sprintf("entry %d is missing", n)
}

// exported is one line of an export: an entry, or the head of a chain.
type exported struct {
	*audit.Entry
	Head *head `json:"head,omitempty"`
}

// compare looks for every entry and head of an earlier export in chains.
func compare(chains []chain, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the earlier export: %w", err)
	}
	defer file.Close()
	byApp := map[string]*chain{}
	for i := range chains {
		byApp[chains[i].Head.App] = &chains[i]
	}
	for decoder, line := json.NewDecoder(bufio.NewReader(file)), 1; ; line++ {
		var one exported
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the earlier export, line %d: %w", line, err)
		}
		known := one.Head
		if known == nil && one.Entry != nil {
			known = &head{App: one.App, Number: one.Number, Digest: one.Digest}
		}
		if known != nil && byApp[known.App] != nil {
			byApp[known.App].hold(*known)
		}
	}
}

// hold checks that what was exported once is still there as it was.
func (c *chain) hold(known head) {
	for _, e := range c.entries {
		if e.Number == known.Number && e.Digest == known.Digest {
			return
		}
	}
	if known.Number > 0 {
		c.blame(known.Number, "isn't what it was when it was exported")
	}
}
