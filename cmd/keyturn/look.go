package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/config"
	"keyturn/store"
)

// lookAtOnce is how many applications are asked about side by side.
const lookAtOnce = 6

// lookLive adds what the directory and the places say now, and returns the time to judge by. What can't be asked is said
// and left out: status still shows what the store knows.
func (sh *shell) lookLive(ctx context.Context, settings config.Config, rows []statusRow, reader store.Reader) time.Time {
	d, err := sh.deskFor(ctx, settings)
	if err != nil {
		sh.say("keyturn: the cloud was not asked: %v", err)
		return sh.now()
	}
	if _, err := d.session.Self(ctx); err != nil {
		sh.say("keyturn: the cloud was not asked: %v", err)
		return sh.now()
	}
	var group errgroup.Group
	group.SetLimit(lookAtOnce)
	for i := range rows {
		if app, ok := settings.Find(rows[i].App); ok {
			group.Go(func() error { d.lookOne(ctx, &rows[i], app, reader); return nil })
		}
	}
	_ = group.Wait() // each look tells its own failure
	return d.clock.Now()
}

// lookOne examines one application and finds the end of its secret where the store doesn't know it.
func (d *desk) lookOne(ctx context.Context, row *statusRow, app config.Application, reader store.Reader) {
	checks, err := d.examine(ctx, app, reader, false)
	if err != nil {
		d.sh.say("keyturn: %s was not asked about: %v", app.Name, err)
		return
	}
	row.Findings = checks
	found, err := d.entra.Look(ctx, app.ClientID)
	if err == nil && row.known.Run.InUseEnds().IsZero() {
		row.known.Seen.Expires = found.LastEnd() // the best guess where nobody ever proved which one is in use
	}
}
