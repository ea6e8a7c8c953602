package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"keyturn/cloud"
	"keyturn/cmd/keyturn/screen"
	"keyturn/inventory"
)

func newScan(sh *shell) *cobra.Command {
	within := 30 * 24 * time.Hour
	var dueOnly, addIns bool
	cmd := &cobra.Command{
		Use: "scan", SuggestFor: []string{"list", "ls"},
		Short: "List every credential of the tenant with its expiry, worst first",
		Long: "Lists the secrets and certificates of every app registration, and of every service principal that holds its own.\n" +
			"It only reads, and needs no configuration: the role Application.Read.All, or a person who may read the directory.\n\n" +
			"--sharepoint lists instead what Azure ACS left behind: the SharePoint add-ins, each with what its secret is worth and when\n" +
			"somebody was last seen to use it, as far as the reports tell (AuditLog.Read.All).",
		Example: "  keyturn scan --tenant contoso.onmicrosoft.com --identity azureCLI\n  keyturn scan --due --within 60d\n  keyturn scan -o csv > credentials.csv\n" +
			"  keyturn scan --sharepoint -o csv > add-ins.csv",
		Args: exactly(0, "no arguments"),
	}
	cmd.Flags().Var((*span)(&within), "within", "a credential that ends within so long is due")
	cmd.Flags().BoolVar(&dueOnly, "due", false, "only what has expired or is due")
	cmd.Flags().BoolVar(&addIns, "sharepoint", false, "list the SharePoint add-ins instead, with what is left of their secrets")
	sh.mayAttend(cmd)
	f := formatFlag(cmd, asTable, asJSON, asCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cloud.Background(cmd.Context()) // it reads the whole tenant, and renewals go first
		if addIns {
			return sh.scanAddIns(ctx, f, within)
		}
		return sh.scan(ctx, f, within, dueOnly)
	}
	return cmd
}

func (sh *shell) scan(ctx context.Context, f *format, within time.Duration, dueOnly bool) error {
	d, err := sh.openDesk(ctx, false)
	if err != nil {
		return err
	}
	if _, err := d.signIn(ctx); err != nil { // signs in first, so that the cloud's clock is known
		return err
	}
	now := d.clock.Now()
	rows := []inventory.Row{}
	for row, err := range inventory.Scan(ctx, directory{d.graph}, now, within) {
		if err != nil {
			return err
		}
		if !dueOnly || row.State == inventory.Due || row.State == inventory.Expired {
			rows = append(rows, row)
		}
	}
	inventory.Sort(rows)
	return sh.print(f, scanListing(rows, now))
}

func scanListing(rows []inventory.Row, now time.Time) listing {
	list := listing{
		head: []string{"APP", "CLIENT ID", "SECRET ID", "KIND", "DESCRIPTION", "EXPIRES", "IN", "STATE"},
		data: rows, none: "no credential: the tenant has none, or none that is due",
	}
	paints := map[inventory.State]screen.Paint{inventory.Expired: screen.Red, inventory.Due: screen.Amber, inventory.Fine: screen.Green}
	for _, r := range rows {
		state := string(r.State)
		if r.Alone {
			state += ", nothing else works"
		}
		list.rows = append(list.rows, []screen.Cell{
			{Text: r.App},
			{Text: r.ClientID},
			{Text: r.KeyID},
			{Text: string(r.Kind)},
			{Text: r.Name},
			{Text: day(r.Expires)},
			{Text: left(r.Expires.Sub(now))},
			{Text: state, Paint: paints[r.State]},
		})
	}
	return list
}

// left is a time to come in whole days, or in hours where it is less than two; a time gone by has a minus.
func left(d time.Duration) string {
	const day = 24 * time.Hour
	if d.Abs() < 2*day {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/day)
}
