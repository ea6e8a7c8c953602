package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"keyturn/check"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/command"
	"keyturn/stage"
	"keyturn/store"
)

func newPlan(sh *shell) *cobra.Command {
	var request stage.Request
	var noDiscovery bool
	cmd := &cobra.Command{
		Use:   "plan [APP...]",
		Short: "Show what would be renewed, why, every effect and date; exit 2 when something is due",
		Long: "Reads everything that decides a renewal and shows what it would do: which secret is replaced and on what proof, how long\n" +
			"the new one lasts, every write, when the old one goes and on what evidence, and what stands in the way. It changes nothing.\n\n" +
			"Exit code 2 when a secret is due, when something stands in the way, or when a place that may hold the secret is neither\n" +
			"configured nor excluded.",
		Example: "  keyturn plan\n  keyturn plan provision-assist -o json\n  keyturn plan provision-assist --reuse",
	}
	cmd.Flags().StringVar(&request.Replace, "replace", "", "as in renew: Secret ID to replace, or none")
	cmd.Flags().StringVar(&request.MakeRoom, "make-room", "", "as in renew: Secret ID to remove first")
	cmd.Flags().BoolVar(&request.Reuse, "reuse", false, "as in renew: make no new secret")
	cmd.Flags().BoolVar(&noDiscovery, "no-discovery", false, "don't look for places that the configuration doesn't have")
	sh.mayAttend(cmd)
	sh.mayHear(cmd)
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return sh.plan(cmd.Context(), f, args, planning{request: request, discover: !noDiscovery})
	}
	return cmd
}

type planning struct {
	request  stage.Request
	discover bool
}

// planned is one application's plan, as JSON shows it.
type planned struct {
	command.Plan

	made stage.Plan
}

func (sh *shell) plan(ctx context.Context, f *format, names []string, p planning) error {
	d, err := sh.openDesk(ctx, true)
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
	plans := []planned{}
	for _, app := range apps {
		one, err := d.planOne(ctx, app, p, reader)
		if err != nil {
			return fmt.Errorf("plan %s: %w", app.Name, err)
		}
		plans = append(plans, one)
	}
	if err := sh.printPlans(f, plans); err != nil {
		return err
	}
	for _, one := range plans {
		if one.Due || one.Obstacle != "" || len(one.Unconfirmed) > 0 {
			return attention()
		}
	}
	return nil
}

// planOne plans one application. reader is nil where there is no store yet.
func (d *desk) planOne(ctx context.Context, app config.Application, p planning, reader store.Reader) (planned, error) {
	before := d.session.Requests()
	setup, err := d.setup(ctx, app)
	if err != nil {
		return planned{}, err
	}
	request := p.request
	var open []renewal.Run
	if reader != nil {
		request = stage.Remember(ctx, reader, request, app.Name)
		if open, err = reader.Runs(ctx, store.Filter{App: app.Name, Open: true, Limit: 1}); err != nil {
			return planned{}, fmt.Errorf("look for an open run: %w", err)
		}
	}
	made, err := stage.MakePlan(ctx, setup, request, d.clock.Now)
	if err != nil {
		return planned{}, err
	}
	if text := d.finishing(ctx, app, made.Order); text != "" && made.Obstacle() == nil {
		made.Order.Notes = append(made.Order.Notes, text)
	}
	one := planned{Plan: command.Describe(made), made: made}
	one.Checks = append(one.Checks, d.certificatesOf(ctx, made.Found, d.vaultsOf(app))...)
	one.Requests += requestsLike(before, d.session.Requests())
	if len(open) == 1 {
		one.OpenRun = open[0].ID
	}
	if p.discover {
		err = d.lookForMore(ctx, app, &one)
	}
	return one, err
}

// lookForMore adds to a plan the places that nobody confirmed. A person who may not look into Azure is told so.
func (d *desk) lookForMore(ctx context.Context, app config.Application, one *planned) error {
	found, err := d.unconfirmed(ctx, named{app: one.made.Found, configured: &app})
	if err != nil && d.person != "" && problem.Of(err).Class == problem.Person {
		one.Checks = append(one.Checks, check.Unsure("place.look", app.Name, "whether places in Azure hold the secret too can't be seen: "+problem.Of(err).Message))
		found, err = []inventory.Finding{}, nil
	}
	one.Unconfirmed = found
	return err
}

// requestsLike is how many requests reading will take the next time, in a process of its own, when it took those between
// before and after this time.
func requestsLike(before, after int64) int {
	const (
		signIns = 4 // what the tenant says of itself, and a token for each of Graph, Azure and Key Vault
		shared  = 5 // policies, reports and the vault's secret: reads that a plan shares with its checks when both come at once
	)
	sent := int(after-before) + shared
	if before > 0 {
		sent += signIns
	}
	return sent
}

// unconfirmed lists the places that may hold the secret and that the configuration neither has nor excludes.
// An add-in's secret is looked for in no cloud: what Azure shows of an app's secrets isn't in the form that add-ins need.
func (d *desk) unconfirmed(ctx context.Context, who named) ([]inventory.Finding, error) {
	if who.configured != nil && who.configured.Issuer == config.SharePoint {
		return []inventory.Finding{}, nil
	}
	pack, err := packFor("", who.app)
	if err != nil {
		return nil, err
	}
	report, err := d.survey(ctx, who.app, pack, true, nil)
	if err != nil {
		return nil, err
	}
	configured, excluded := d.placesOf(who)
	return notNil(report.Unconfirmed(configured, excluded)), nil
}
