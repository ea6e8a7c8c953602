package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/advice"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/problem"
)

// advising are the flags of advise.
type advising struct {
	out, permissions, site string
}

func newAdvise(sh *shell) *cobra.Command {
	var a advising
	cmd := &cobra.Command{
		Use:   "advise [APP]",
		Short: "Write how an application could do without its secret",
		Long: "Of a SharePoint add-in, writes the migration from Azure ACS, which was retired, to an Entra app: a certificate, Sites.Selected\n" +
			"on the add-in's own site, its permissions translated, what to change in it, what to delete. Of an app registration, says for\n" +
			"each place what it could use instead of the secret: a managed identity, a federated credential, a certificate.\n\n" +
			"APP is a name of keyturn.yaml, a client ID, or a display name; without it, every application of keyturn.yaml is told about.\n" +
			"It only reads. The page is Markdown; the commands in it are to be read before they are run.",
		Example: "  keyturn advise helpdesk --out migration.md\n  keyturn advise 7f0d7f0d-1111-2222-3333-444444444444 --permissions AppManifest.xml\n" +
			"  keyturn advise provision-assist -o json",
		Args: upTo(1, "at most one application"),
	}
	cmd.Flags().StringVar(&a.out, "out", "", "file to write (default stdout)")
	cmd.Flags().StringVar(&a.permissions, "permissions", "", "an add-in's AppManifest.xml, or the XML given to appinv.aspx, to translate its permissions")
	cmd.Flags().StringVar(&a.site, "site", "", "address of the site that an add-in works on, such as https://contoso.sharepoint.com/sites/helpdesk")
	sh.mayAttend(cmd)
	f := formatFlag(cmd, asMarkdown, asJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return sh.advise(cmd.Context(), f, a, args) }
	return cmd
}

func (sh *shell) advise(ctx context.Context, f *format, a advising, args []string) error {
	requests, err := a.requests()
	if err != nil {
		return err
	}
	d, err := sh.openDesk(ctx, len(args) == 0)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = d.settings.Names()
	}
	told := []advice.Advice{}
	for _, name := range args {
		one, err := d.adviseOne(ctx, name, a.site, requests)
		if err != nil {
			return fmt.Errorf("advise on %s: %w", name, err)
		}
		told = append(told, one)
	}
	return sh.printAdvice(f, a.out, told)
}

// requests reads the add-in's permissions, where a file is given.
func (a advising) requests() ([]advice.Request, error) {
	if a.permissions == "" {
		return nil, nil
	}
	text, err := os.ReadFile(a.permissions)
	if err != nil {
		return nil, fmt.Errorf("read the add-in's permissions: %w", err)
	}
	return advice.ReadRequests(text)
}

func (sh *shell) printAdvice(f *format, out string, told []advice.Advice) error {
	if f.chosen == asJSON && out == "" {
		return sh.printJSON(told)
	}
	var pages []string
	for _, one := range told {
		pages = append(pages, one.Markdown())
	}
	text := strings.Join(pages, "\n")
	if out == "" {
		return sh.write(text)
	}
	if f.chosen == asJSON {
		return usage(fmt.Errorf("--out writes Markdown; redirect -o json instead"))
	}
	if err := writeFile(out, text); err != nil {
		return err
	}
	sh.say("%s written", out)
	return nil
}

// adviseOne looks an application up and says what could be done.
func (d *desk) adviseOne(ctx context.Context, name, site string, requests []advice.Request) (advice.Advice, error) {
	if _, err := d.signIn(ctx); err != nil {
		return advice.Advice{}, err
	}
	who, err := d.lookup(ctx, name)
	if err != nil {
		return advice.Advice{}, err
	}
	rules := d.settings.Policy
	found, _, err := inventory.AddIns(ctx, oneAddIn{directory{d.graph}, who.app.ClientID}, d.clock.Now(), rules.RenewBefore.Of(rules.Lifetime))
	if err != nil {
		return advice.Advice{}, err
	}
	if site == "" && who.configured != nil {
		site = who.configured.Site
	}
	if len(found) > 0 {
		return advice.ForAddIn(advice.AddInCase{
			AddIn: found[0], Tenant: d.settings.Tenant, Site: site, Requests: requests, Places: d.titlesOf(who.configured), Now: d.clock.Now(),
		}), nil
	}
	return d.adviseOnApp(ctx, who)
}

func (d *desk) adviseOnApp(ctx context.Context, who named) (advice.Advice, error) {
	pack, err := packFor("", who.app)
	if err != nil {
		return advice.Advice{}, err
	}
	c := advice.AppCase{App: who.app}
	report, err := d.survey(ctx, who.app, pack, true, nil)
	switch {
	case err != nil && problem.Of(err).Class == problem.Retry:
		return advice.Advice{}, err
	case err != nil:
		c.Notes = []string{"the places couldn't be looked for: " + problem.Of(err).Message}
	default:
		c.Findings, c.Notes = report.Findings, report.Notes
	}
	if who.app.ObjectID != "" {
		c.Federated, err = d.graph.FederatedCredentials(ctx, who.app.ObjectID)
		if err != nil && problem.Of(err).Class == problem.Retry {
			return advice.Advice{}, err
		}
	}
	return advice.ForApp(c), nil
}

// titlesOf names the places that the configuration has of an application.
func (d *desk) titlesOf(app *config.Application) []string {
	if app == nil {
		return nil
	}
	var titles []string
	for _, block := range app.Targets {
		if made, err := build(block, owner{clientID: app.ClientID, reach: d.reach, clock: d.clock}); err == nil { // it was checked before
			titles = append(titles, made.Place().Title)
		}
	}
	return titles
}
