package main

import (
	"context"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/renewal"
)

// asideLife is how long what was read beside a renewal may be told at its end.
const asideLife = 5 * time.Minute

// aside is what else of an application may break: read beside the renewal of its secret, so that nobody waits for it.
type aside struct {
	app  credential.App
	at   time.Time
	told chan []check.Check // of the certificates; told once
}

// lookAside begins to judge the certificates of an application whose renewal is about to begin.
func (w *workshop) lookAside(ctx context.Context, name string, app credential.App) {
	look := &aside{app: app, at: w.clock.Now(), told: make(chan []check.Check, 1)}
	configured, _ := w.settings.Find(name)
	vaults := w.vaultsOf(configured)
	go func() { look.told <- w.certificatesOf(ctx, app, vaults) }()
	w.aside = look
}

// surroundings returns an application with the checks of its certificates: those read aside, or new ones when there are
// none or when the renewal took so long that they are old.
func (w *workshop) surroundings(ctx context.Context, run renewal.Run) (credential.App, []check.Check, error) {
	look := w.aside
	w.aside = nil
	if look != nil && look.app.ClientID == run.ClientID && w.clock.Now().Sub(look.at) < asideLife {
		return look.app, <-look.told, nil
	}
	app, err := w.entra.Look(ctx, run.ClientID)
	if err != nil {
		return app, nil, err
	}
	configured, _ := w.settings.Find(run.App)
	return app, w.certificatesOf(ctx, app, w.vaultsOf(configured)), nil
}
