package main

import (
	"context"
	"fmt"
	"strings"

	"keyturn/cloud"
	"keyturn/config"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/problem"
)

// named is an application as a person named it: one of the configuration, or any of the tenant.
type named struct {
	app        credential.App
	configured *config.Application // nil when the configuration doesn't have it
}

// lookup finds an application by its name in the configuration, its client id, or its display name in the tenant.
func (d *desk) lookup(ctx context.Context, name string) (named, error) {
	if app, ok := d.settings.Find(name); ok {
		found, err := d.entra.Look(ctx, app.ClientID)
		return named{app: found, configured: &app}, err
	}
	if cloud.IsGUID(name) {
		found, err := d.entra.Look(ctx, strings.ToLower(name))
		return named{app: found, configured: d.configuredFor(name)}, err
	}
	return d.lookupDisplayed(ctx, func(shown string) bool { return strings.EqualFold(shown, name) }, name)
}

func (d *desk) configuredFor(clientID string) *config.Application {
	for _, app := range d.settings.Applications {
		if strings.EqualFold(app.ClientID, clientID) {
			return &app
		}
	}
	return nil
}

// lookupDisplayed walks the tenant's app registrations for the one whose display name fits. Names aren't unique, so
// several are a question to a person.
func (d *desk) lookupDisplayed(ctx context.Context, fits func(string) bool, wanted string) (named, error) {
	var found []credential.App
	for app, err := range (directory{d.graph}).Applications(ctx) {
		if err != nil {
			return named{}, fmt.Errorf("look for %q among the tenant's apps: %w", wanted, err)
		}
		if fits(app.Name) {
			found = append(found, app)
		}
	}
	switch len(found) {
	case 0:
		return named{}, problem.NeedsPerson(problem.NotFound, fmt.Sprintf("%q", wanted), "no app registration of this tenant is called so",
			"give its Application (client) ID; keyturn scan lists those with credentials")
	case 1:
		app, err := d.entra.Look(ctx, found[0].ClientID)
		return named{app: app, configured: d.configuredFor(app.ClientID)}, err
	}
	var ids []string
	for _, app := range found {
		ids = append(ids, app.ClientID+" ("+app.Name+", made "+day(app.Created)+")")
	}
	return named{}, problem.NeedsPerson("app.ambiguous", fmt.Sprintf("%q", wanted), fmt.Sprintf("%d app registrations are called so", len(found)),
		"give the client ID of one: "+strings.Join(ids, ", "))
}

// survey discovers where an application's secret is used and lets a pack judge it, where one fits.
func (d *desk) survey(ctx context.Context, app credential.App, pack *inventory.Pack, values bool, vaults []string) (inventory.Report, error) {
	finder := inventory.Finder{Resources: d.arm, Vaults: d.vault}
	report, err := finder.Discover(ctx, inventory.Query{App: app, Values: values, Vaults: vaults})
	if err != nil {
		return inventory.Report{}, fmt.Errorf("look for the places of %s: %w", app.Name, err)
	}
	if pack != nil {
		report = pack.Judge(report)
	}
	return report, nil
}

// packFor is the pack that a person named, else the one whose product the app is called after.
func packFor(code string, app credential.App) (*inventory.Pack, error) {
	if code != "" {
		pack, ok := inventory.FindPack(code)
		if !ok {
			return nil, usage(fmt.Errorf("--pack %q isn't one of %s", code, strings.Join(packCodes(), ", ")))
		}
		return &pack, nil
	}
	for _, pack := range inventory.Packs() {
		if strings.EqualFold(pack.Product, app.Name) {
			return &pack, nil
		}
	}
	return nil, nil
}

func packCodes() []string {
	var codes []string
	for _, pack := range inventory.Packs() {
		codes = append(codes, pack.Code)
	}
	return append(codes, addInPack)
}
