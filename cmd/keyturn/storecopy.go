package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/config"
	"keyturn/problem"
	"keyturn/store"
	"keyturn/store/transfer"
)

func newStore(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use: "store", Short: "Move what Keyturn remembers",
		Example: "  keyturn store copy --to postgres://keyturn@db.contoso.com/keyturn?sslmode=verify-full",
	}
	return family(cmd, newStoreCopy(sh))
}

func newStoreCopy(sh *shell) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "copy --to ADDRESS",
		Short: "Copy a store into an empty PostgreSQL database",
		Long: "Copies everything that a store remembers into an empty PostgreSQL database, in one transaction: runs with their attempts,\n" +
			"places, events, findings and notices, API tokens (as digests), and the whole audit log, entry by entry. People sign in at the\n" +
			"console again. Renewals in flight go on from the new store. Nothing is copied when the new store holds anything, when a Keyturn works on the old one, or when the counts differ in the end;\n" +
			"then it may be tried again. The old store isn't changed: afterwards name the new one as `store` in keyturn.yaml on\n" +
			"every machine, and put the old one away, so that no renewal is driven from both.\n\n" +
			"The database's password comes from PGPASSWORD or a password file, never from the command line.",
		Example: "  keyturn store copy --to postgres://keyturn@db.contoso.com/keyturn?sslmode=verify-full\n" +
			"  keyturn store copy --from old/keyturn.db --to 'postgres://keyturn@db/keyturn?passfile=/etc/keyturn/pgpass'",
		Args: exactly(0, "no arguments, only --from and --to"),
	}
	cmd.Flags().StringVar(&from, "from", "", "the old store (default: that of keyturn.yaml)")
	cmd.Flags().StringVar(&to, "to", "", "the new store, postgres://user@host/database")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return sh.copyStore(cmd.Context(), from, to) }
	return cmd
}

func (sh *shell) copyStore(ctx context.Context, from, to string) error {
	if to == "" {
		return usage(errors.New("--to is missing: the new store, such as postgres://keyturn@db/keyturn"))
	}
	for _, where := range []string{from, to} {
		if fault := config.StoreFault(where); fault != "" {
			return usage(errors.New(fault))
		}
	}
	if from == "" {
		settings, err := sh.settings(false)
		if err != nil {
			return err
		}
		from = settings.Store
	}
	old, err := openReader(ctx, from)
	if err != nil {
		return err
	}
	defer sh.close(old)
	fresh, err := openStore(ctx, to, false)
	if err != nil {
		return err
	}
	defer sh.close(fresh)
	return sh.copyInto(ctx, old, fresh, from, to)
}

func (sh *shell) copyInto(ctx context.Context, old store.ReadCloser, fresh memory, from, to string) error {
	importer, ok := fresh.(store.Importer)
	if !ok {
		return usage(fmt.Errorf("%s is a file: a store is copied into a PostgreSQL database", to))
	}
	sh.say("copying %s to %s", from, to)
	report, err := transfer.Copy(ctx, old, importer, sh.now())
	if err != nil {
		return err
	}
	sh.tell("copied %d runs, %d attempts, %d places, %d events, %d audit entries, %d findings, %d notices, %d API tokens", report.Runs, report.Attempts,
		report.Deliveries, report.Events, report.Entries, report.Findings, report.Postings, report.Tokens)
	sh.say("now name it in keyturn.yaml, and put %s away", from)
	if len(report.Broken) == 0 {
		return nil
	}
	apps := slices.Sorted(maps.Keys(report.Broken))
	return problem.NeedsPerson("audit.broken", strings.Join(apps, ", "),
		"the audit log doesn't hold; it was copied as it is", "keyturn audit verify shows the first bad entry")
}
