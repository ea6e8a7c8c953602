package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keyturn/problem"
)

func newMigrate(sh *shell) *cobra.Command {
	var look bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the store to this release",
		Long: "Brings the store of keyturn.yaml to this release's tables, and makes it where there is none. It only goes forward: keep a\n" +
			"copy, and stop every Keyturn that uses the store, before. A store in a file is also migrated by the first command that\n" +
			"writes to it; a PostgreSQL database, which others may be using, by this command alone. Renewals in flight go on\n" +
			"afterwards. Safe to repeat.\n\n" +
			"Exit code 2 with --check when there is something to do.",
		Example: "  keyturn migrate --check\n  pg_dump keyturn > before.sql && keyturn migrate",
		Args:    exactly(0, "no arguments"),
	}
	cmd.Flags().BoolVar(&look, "check", false, "only say whether there is something to do")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return sh.migrate(cmd.Context(), look) }
	return cmd
}

func (sh *shell) migrate(ctx context.Context, look bool) error {
	settings, err := sh.settings(false)
	if err != nil {
		return err
	}
	reader, err := openReader(ctx, settings.Store)
	if err == nil {
		sh.tell("%s is at this release already", settings.Store)
		return reader.Close()
	}
	var found *problem.Error
	if !errors.As(err, &found) || (found.Code != "store.behind" && found.Code != "store.missing") {
		return err
	}
	if look {
		sh.tell("%s: %s", settings.Store, found.Message)
		return attention()
	}
	kept, err := openStore(ctx, settings.Store, true)
	if err != nil {
		return err
	}
	sh.tell("%s is at this release now; before: %s", settings.Store, found.Message)
	return kept.Close()
}

// tell prints one line of a command's own answer.
func (sh *shell) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(sh.out, format+"\n", args...) // a reader that went away wants no more
}
