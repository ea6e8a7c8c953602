//go:build !windows

package main

import "context"

// live runs a command line.
func (sh *shell) live(args []string) int {
	ctx, done := sh.heedSignals(context.Background())
	defer done()
	return sh.run(ctx, args)
}

func employService(installation) error { return noManager() }

func dismissService() error { return noManager() }

func noManager() error {
	return serviceRefused("winservice.unsupported", "there are no Windows services on this system", "use deploy/keyturn.service with systemd, see docs/unattended.md", nil)
}
