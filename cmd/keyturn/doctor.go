package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/check"
	"keyturn/cloud"
	"keyturn/cmd/keyturn/screen"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/inventory/script"
	"keyturn/problem"
	"keyturn/store"
)

func newDoctor(sh *shell) *cobra.Command {
	var dialect string
	cmd := &cobra.Command{
		Use:   "doctor [APP]",
		Short: "Check every precondition and permission, with the exact fix",
		Long: "Signs in, and looks at everything that a renewal needs: this identity's rights in the directory, on every vault,\n" +
			"connection and variable, locks, firewalls, the tenant's policies, the clock; and at what else breaks soon: certificates,\n" +
			"drift, places not confirmed. It changes nothing. What can't be read is told as unknown until tried.\n\n" +
			"--script prints one script with every missing right at the smallest scope, and its undo, instead of the checks.\n" +
			"Exit code 2 when a check fails.",
		Example: "  keyturn doctor\n  keyturn doctor provision-assist -o json\n  keyturn doctor --script az > grant.sh\n  keyturn doctor --script powershell > grant.ps1",
		Args:    upTo(1, "at most one application"),
	}
	cmd.Flags().StringVar(&dialect, "script", "", "print the missing rights as a script: az, powershell or bicep")
	sh.mayAttend(cmd)
	sh.mayHear(cmd)
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if dialect != "" && !slices.Contains(script.Dialects(), script.Dialect(dialect)) {
			return usage(fmt.Errorf("--script %q isn't one of az, powershell, bicep", dialect))
		}
		return sh.doctor(cmd.Context(), f, args, script.Dialect(dialect))
	}
	return cmd
}

func (sh *shell) doctor(ctx context.Context, f *format, names []string, dialect script.Dialect) error {
	d, err := sh.openDesk(ctx, true)
	if told := knownIssue(err); told != nil {
		return sh.printChecks(f, told)
	}
	if err != nil {
		return err
	}
	apps, err := chosen(d.settings, names)
	if err != nil {
		return err
	}
	reader, err := readerIfAny(ctx, d.settings)
	if err != nil {
		return err
	}
	if reader != nil {
		defer sh.close(reader)
	}
	self, err := d.signIn(ctx)
	if told := knownIssue(err); told != nil && d.person != "" {
		return sh.printChecks(f, told)
	}
	if err != nil {
		return err
	}
	checks, err := d.checkAll(ctx, self, apps, reader)
	if err != nil {
		return err
	}
	if dialect != "" {
		return sh.printScript(d, self, checks, dialect)
	}
	return sh.printChecks(f, checks)
}

// knownIssue is a person's sign-in that failed for a known reason as a check, so that doctor tells it like all others;
// nil = it didn't.
func knownIssue(err error) []check.Check {
	if err == nil {
		return nil
	}
	if found := problem.Of(err); problem.IsKnown(found.Code) {
		return []check.Check{check.Fail("signin", found.Subject, found.Code, found.Message, found.Fix)}
	}
	return nil
}

// checkAll is the sign-in's check and every application's.
func (d *desk) checkAll(ctx context.Context, self cloud.Identity, apps []config.Application, reader store.Reader) ([]check.Check, error) {
	all := []check.Check{check.Pass("signin", self.Name, d.signedIn(self))}
	for _, app := range apps {
		all = append(all, d.factor(self, app)...)
		found, err := d.examine(ctx, app, reader, true)
		if err != nil {
			return nil, fmt.Errorf("examine %s: %w", app.Name, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// signedIn says who we are.
func (d *desk) signedIn(self cloud.Identity) string {
	if d.person == "" {
		return "signed in to tenant " + self.TenantID + " as " + self.Name + " (" + self.ClientID + ")"
	}
	return "signed in to tenant " + self.TenantID + " by " + string(d.person) + ", through the app " + self.ClientID
}

func (sh *shell) printScript(d *desk, self cloud.Identity, checks []check.Check, dialect script.Dialect) error {
	text, err := script.Render(script.Identity{
		TenantID: self.TenantID, ObjectID: self.ObjectID, Name: self.Name, User: self.User, Graph: d.session.Hosts().Graph,
	}, inventory.Grants(checks), dialect)
	if err != nil {
		return err
	}
	return sh.write(text)
}

// printChecks shows checks, and ends with 2 when one fails.
func (sh *shell) printChecks(f *format, checks []check.Check) error {
	failed := check.Failed(checks)
	if err := sh.writeChecks(f, checks, len(failed) == 0); err != nil {
		return err
	}
	if len(failed) > 0 {
		return attention()
	}
	return nil
}

func (sh *shell) writeChecks(f *format, checks []check.Check, ok bool) error {
	if f.chosen == asJSON {
		return sh.printJSON(struct {
			OK     bool          `json:"ok"`
			Checks []check.Check `json:"checks"`
		}{ok, notNil(checks)})
	}
	var text strings.Builder
	for _, c := range checks {
		text.WriteString(checkLine(c, sh.style()))
	}
	return sh.prose(text.String())
}

// checkLine renders one check, with its fix below it.
func checkLine(c check.Check, style screen.Style) string {
	mark := style.Mark(c.OK)
	switch {
	case c.Unknown:
		mark = style.Text(screen.Blue, "? ")
	case c.Warning:
		mark = style.Text(screen.Amber, "! ")
	case style.Live:
		mark += " "
	}
	line := fmt.Sprintf("%s %s: %s", mark, style.Text(screen.Bold, screen.Clean(c.Subject)), screen.Clean(c.Message))
	if c.Code != "ok" && c.Code != "unknown" {
		line += style.Text(screen.Faint, " ["+c.Code+"]")
	}
	if c.Fix != "" && (!c.OK || c.Warning) {
		line += "\n      fix: " + screen.Clean(c.Fix)
	}
	return line + "\n"
}
