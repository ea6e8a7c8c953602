package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"keyturn/check"
	"keyturn/config"
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

// openReaderIfAny opens the store for looking; nil where there is none yet.
func (d *desk) openReaderIfAny(ctx context.Context) (store.ReadCloser, error) {
	reader, err := openReader(ctx, d.settings.Store)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return reader, err
}

// otherTrouble lists what else of an application is broken or soon ends, once its secret is everywhere. What can't be
// read now is left to doctor: the renewal itself is done.
func (w *workshop) otherTrouble(ctx context.Context, run renewal.Run) []summaryFinding {
	app, ok := w.settings.Find(run.App)
	found, err := w.entra.Look(ctx, run.ClientID)
	if !ok || err != nil {
		return nil
	}
	now := w.clock.Now()
	keep := []string{run.Retires}
	var certificates []inventory.VaultCertificate
	for _, name := range w.vaultsOf(app) {
		if some, err := inventory.NewCertificates(w.session, w.vault).In(ctx, name); err == nil {
			certificates = append(certificates, some...)
		}
	}
	var trouble []summaryFinding
	for _, c := range append(inventory.CheckCertificates(found, certificates, now, app.Policy.RenewBefore),
		inventory.Lingering(found, keep, now, app.Policy.RenewBefore)...) {
		if c.Warning {
			trouble = append(trouble, summaryFinding{Code: c.Code, Subject: c.Subject, Message: c.Message, Fix: c.Fix})
		}
	}
	return trouble
}
