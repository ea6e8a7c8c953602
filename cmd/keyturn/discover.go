package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

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
	if err := sh.print(f, discoverListing(who, places, report)); err != nil {
		return err
	}
	if f.chosen == asTable {
		for _, note := range report.Notes {
			sh.say("note: %s", screen.Clean(note))
		}
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

func discoverListing(who named, places []discovered, report inventory.Report) listing {
	list := listing{
		head: []string{"PLACE", "KIND", "SURE?", "IN KEYTURN.YAML", "WHY", "MANUAL"},
		data: struct {
			App      string       `json:"app"`
			ClientID string       `json:"clientId"`
			Findings []discovered `json:"findings"`
			Notes    []string     `json:"notes"`
		}{who.app.Name, who.app.ClientID, places, notNil(report.Notes)},
		none: "no place found that holds this application's secret",
	}
	paints := map[string]screen.Paint{"yes": screen.Green, "no": screen.Amber}
	for _, p := range places {
		list.rows = append(list.rows, []screen.Cell{
			{Text: p.Title}, {Text: p.Kind}, {Text: string(p.Confidence)}, {Text: p.Configured, Paint: paints[p.Configured]}, {Text: p.Why}, {Text: p.Manual},
		})
	}
	return list
}
