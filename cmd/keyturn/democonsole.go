package main

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"keyturn/server"
)

// openConsole shows a scene in a browser while it goes on. serve also lets Keyturn serve there, as it would on a server;
// done ends both.
func (d *demonstration) openConsole(ctx context.Context, s *scene) (serve func(), done func() error, err error) {
	sub := d.command(s, d.sh.out, d.sh.errs)
	service, err := sub.openService(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("open the console: %w", err)
	}
	if d.format.chosen == asJSON {
		service.invite = (&jsonLines{sh: sub}).Note
	}
	listener, err := server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, nil, errors.Join(err, service.store.Close())
	}
	house, err := service.house(ctx, listener)
	if err != nil {
		return nil, nil, errors.Join(err, listener.Close(), service.store.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error { return service.answer(ctx, listener, house) })
	serve = func() { group.Go(func() error { return service.keepServing(ctx) }) }
	return serve, func() error {
		cancel()
		return errors.Join(group.Wait(), service.store.Close())
	}, nil
}
