package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/check"
	"keyturn/cmd/keyturn/screen"
	"keyturn/inventory"
)

func newDiscover(sh *shell) *cobra.Command {
	var pack string
	var noValues bool
	var vaults []string
	cmd := &cobra.Command{
		Use:   "discover APP",
		Short: "Find where an application's secret is used",
		Long: "Looks through the Azure subscriptions that this identity can see for the places that hold the application's secret, and\n" +
			"says how sure each is. It only reads. Where nothing else tells, the value of a Key Vault secret is read, its first three\n" +
			"characters are compared with what the portal shows, and it is forgotten; --no-values turns that off.\n\n" +
			"Exit code 2 when a place is neither in keyturn.yaml nor excluded there.",
		Example: "  keyturn discover provision-assist\n  keyturn discover 7f0d7f0d-1111-2222-3333-444444444444 --pack provision-assist -o json",
		Args:    exactly(1, "one application: its name in keyturn.yaml, its client ID, or its display name"),
	}
	cmd.Flags().StringVar(&pack, "pack", "", "judge by what is known of a product: "+strings.Join(packCodes(), ", "))
	cmd.Flags().BoolVar(&noValues, "no-values", false, "read no value, and go by names alone")
	cmd.Flags().StringSliceVar(&vaults, "vault", nil, "look into this Key Vault too")
	sh.mayAttend(cmd)
	f := formatFlag(cmd, asTable, asJSON, asCSV)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return sh.discover(cmd.Context(), f, args[0], pack, !noValues, vaults)
	}
	return cmd
}

// discovered is one place with what the configuration says of it.
type discovered struct {
	inventory.Finding
	Configured string `json:"configured"` // "yes", "excluded", "no"
}

func (sh *shell) discover(ctx context.Context, f *format, name, packCode string, values bool, vaults []string) error {
	d, err := sh.openDesk(ctx, false)
	if err != nil {
		return err
	}
	who, err := d.lookup(ctx, name)
	if err != nil {
		return err
	}
	pack, err := packFor(packCode, who.app)
	if err != nil {
		return err
	}
	report, err := d.survey(ctx, who.app, pack, values, vaults)
	if err != nil {
		return err
	}
	places, open := d.compare(who, report)
	told := discovery{App: who.app.Name, ClientID: who.app.ClientID, Findings: places, Notes: notNil(report.Notes)}
	told.Checks = notNil(d.certificatesOf(ctx, who.app, vaultsIn(report)))
	if err := sh.printDiscovery(f, told); err != nil {
		return err
	}
	if open > 0 {
		return attention()
	}
	return nil
}

// compare says of each finding whether the configuration has it, and counts those that it doesn't know. An application
// that isn't configured at all has nothing to be compared with.
func (d *desk) compare(who named, report inventory.Report) (places []discovered, open int) {
	places = []discovered{}
	configured, excluded := d.placesOf(who)
	for _, f := range report.Findings {
		one := inventory.Report{Findings: []inventory.Finding{f}}
		state := "no"
		switch {
		case len(one.Unconfirmed(configured, nil)) == 0:
			state = "yes"
		case len(one.Unconfirmed(nil, excluded)) == 0:
			state = "excluded"
		case who.configured != nil:
			open++
		}
		places = append(places, discovered{f, state})
	}
	return places, open
}

// placesOf lists the places that the configuration has, by every name that a finding could bear, and those it excludes.
func (d *desk) placesOf(who named) (configured, excluded []string) {
	if who.configured == nil {
		return nil, nil
	}
	for _, block := range who.configured.Targets {
		made, err := build(block, owner{clientID: who.app.ClientID, reach: d.reach, clock: d.clock})
		if err == nil { // the configuration was checked; a place that can't be made can't be compared
			configured = append(configured, made.Place().ID, made.Place().Resource)
		}
	}
	return configured, who.configured.Exclude
}

// discovery is what a discovery tells, as JSON shows it.
type discovery struct {
	App      string        `json:"app"`
	ClientID string        `json:"clientId"`
	Findings []discovered  `json:"findings"`
	Checks   []check.Check `json:"checks"` // of the app's certificates, which break beside its secret
	Notes    []string      `json:"notes"`
}

func (sh *shell) printDiscovery(f *format, told discovery) error {
	switch f.chosen {
	case asTable:
		return sh.prose(discoveryText(told, sh.style()))
	case asJSON:
		return sh.printJSON(told)
	}
	list := listing{head: []string{"PLACE", "KIND", "RESOURCE", "SURE", "CONFIGURED", "WHY", "MANUAL"}}
	for _, p := range told.Findings {
		list.rows = append(list.rows, screen.Cells(p.Title, p.Kind, p.Resource, string(p.Confidence), p.Configured, p.Why, p.Manual))
	}
	return sh.printCSV(list)
}

// discoveryText renders a discovery for a person: a line a place, and what speaks for it below.
func discoveryText(told discovery, style screen.Style) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (%s)\n", style.Text(screen.Bold, screen.Clean(told.App)), told.ClientID)
	if len(told.Findings) == 0 {
		text.WriteString("  no place found that holds this application's secret\n")
	}
	for _, p := range told.Findings {
		paint := map[string]screen.Paint{"yes": screen.Green, "no": screen.Amber}[p.Configured]
		fmt.Fprintf(&text, "  %-9s  %-18s %-34s %s\n", p.Confidence, p.Kind, screen.Clean(p.Title),
			style.Text(paint, map[string]string{"yes": "in keyturn.yaml", "excluded": "excluded in keyturn.yaml", "no": "not in keyturn.yaml"}[p.Configured]))
		fmt.Fprintf(&text, "             %s\n", screen.Clean(p.Why))
		if p.Forgotten {
			fmt.Fprintf(&text, "             %s %s\n", style.Text(screen.Red, "!"), style.Text(screen.Bold, screen.Clean(p.Manual)))
		}
		for _, c := range p.Consumers {
			fmt.Fprintf(&text, "             used by %s, %s\n", screen.Clean(c.Name), screen.Clean(c.Trigger))
		}
	}
	for _, c := range told.Checks {
		if c.Warning {
			text.WriteString("  " + checkLine(c, style))
		}
	}
	for _, note := range told.Notes {
		fmt.Fprintf(&text, "  note: %s\n", screen.Clean(note))
	}
	return text.String()
}
