package main

import (
	"context"
	"slices"
	"strings"

	"keyturn/check"
	"keyturn/config"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/target/keyvaultsecret"
	"keyturn/vault"
)

// examine gathers every precondition of one application's renewal. reader is nil where there is no store yet.
func (d *desk) examine(ctx context.Context, app config.Application, reader store.Reader, discover bool) ([]check.Check, error) {
	setup, err := d.setup(ctx, app)
	if err != nil {
		return nil, err
	}
	s := inventory.Subject{
		Name: app.Name, ClientID: app.ClientID, Issuer: setup.Issuer, Targets: setup.Targets, Policy: app.Policy,
		Vaults: d.vaultsOf(app), Certificates: inventory.NewCertificates(d.session, d.vault), Skew: d.session.Skew(), Now: d.clock.Now(),
	}
	if reader != nil {
		if s.Memory, err = inventory.Remember(ctx, reader, app.Name); err != nil {
			return nil, err
		}
	}
	if discover {
		found, err := d.entra.Look(ctx, app.ClientID)
		if err == nil { // an app that can't be read is told by the examination itself
			s.Unconfirmed, err = d.unconfirmed(ctx, named{app: found, configured: &app})
		}
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
	}
	return inventory.Examine(ctx, s)
}

// vaultsOf names the vaults of an application's targets, in which its certificate may lie too.
func (d *desk) vaultsOf(app config.Application) []string {
	var names []string
	for _, block := range app.Targets {
		var c keyvaultsecret.Config
		if block.Kind != keyvaultsecret.Code || block.Decode(&c) != nil {
			continue
		}
		address, err := vault.Address(c.Vault, d.session.Hosts().VaultSuffix)
		if err == nil && !slices.Contains(names, vault.Name(address)) {
			names = append(names, vault.Name(address))
		}
	}
	return names
}

// certificatesOf judges an app's certificates by the directory and by the vaults named. A vault that can't be read now is
// left to doctor, which says so.
func (d *desk) certificatesOf(ctx context.Context, app credential.App, vaults []string) []check.Check {
	if len(app.Certificates()) == 0 {
		return nil
	}
	reader := inventory.NewCertificates(d.session, d.vault)
	var found []inventory.VaultCertificate
	for _, name := range vaults {
		if some, err := reader.In(ctx, name); err == nil {
			found = append(found, some...)
		}
	}
	rules := d.settings.Policy
	if configured := d.configuredFor(app.ClientID); configured != nil {
		rules = configured.Policy
	}
	return inventory.CheckCertificates(app, found, d.clock.Now(), rules.RenewBefore.Of(rules.Lifetime))
}

// vaultsIn names the vaults in which a discovery found secrets.
func vaultsIn(report inventory.Report) []string {
	var names []string
	for _, f := range report.Findings {
		name, _, ok := strings.Cut(f.Title, "/")
		if ok && f.Kind == inventory.KindVault && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// otherTrouble lists what else of an application is broken or soon ends, once its secret is everywhere: what the run itself made is not
// else, however soon a policy has it end.
func (w *workshop) otherTrouble(ctx context.Context, run renewal.Run, made []renewal.Attempt) []summaryFinding {
	app, ok := w.settings.Find(run.App)
	found, certificates, err := w.surroundings(ctx, run)
	if !ok || err != nil {
		return nil
	}
	keep := []string{run.Retires}
	for _, attempt := range made {
		keep = append(keep, attempt.KeyID)
	}
	checks := append(certificates, inventory.Lingering(found, keep, w.clock.Now(), app.Policy.RenewBefore.Of(app.Policy.Lifetime))...)
	var trouble []summaryFinding
	for _, c := range checks {
		if c.Warning {
			trouble = append(trouble, summaryFinding{Code: c.Code, Subject: c.Subject, Message: c.Message, Fix: c.Fix})
		}
	}
	return trouble
}
