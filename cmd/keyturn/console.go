package main

import (
	"context"
	"fmt"
	"net"
	"net/url"

	"github.com/spf13/cobra"

	"keyturn/config"
	"keyturn/problem"
	"keyturn/server"
	"keyturn/server/access"
)

func newConsole(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Open the console of a Keyturn that serves",
		Long: "The console is shown by keyturn serve: everything that expires, renewals as they go on, and the buttons that go with them.\n" +
			"Without a provider to sign in with it is open to this machine alone, to whoever has a link that is good for one use.",
		Example: "  keyturn console link",
	}
	return family(cmd, newConsoleLink(sh))
}

func newConsoleLink(sh *shell) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "link",
		Short: "Print a link that opens the console, once",
		Long: "Prints a link that signs you in at the console of the Keyturn that serves on this machine. It is good for one use, within\n" +
			config.FormatDuration(access.LinkLife) + "; the session that it begins lasts " + config.FormatDuration(access.SessionLife) + ".",
		Example: "  keyturn console link",
		Args:    exactly(0, "no arguments"),
	}
	cmd.Flags().StringVar(&listen, "listen", usualListen, "where that Keyturn listens, as told to it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return sh.consoleLink(cmd.Context(), listen) }
	return cmd
}

func (sh *shell) consoleLink(ctx context.Context, listen string) error {
	if _, _, err := net.SplitHostPort(listen); err != nil {
		return usage(fmt.Errorf("--listen %q isn't host:port", listen))
	}
	settings, err := sh.settings(true)
	if err != nil {
		return err
	}
	if settings.Serve.Provider.On() {
		return problem.NeedsPerson("link.refused", "the console", "people sign in with the provider there", "open its address and sign in; keyturn token create makes a token for programs")
	}
	site := server.Site{Address: &url.URL{Scheme: schemeOf(settings.Serve), Host: listen}}
	return sh.withKeeper(ctx, func(keeper *access.Keeper) error {
		link, err := keeper.Link(ctx, sh.local())
		if err == nil {
			sh.tell("%s", site.Link(link))
		}
		return err
	})
}

func schemeOf(s config.Serve) string {
	if s.CertFile != "" {
		return "https"
	}
	return "http"
}
