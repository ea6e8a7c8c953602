package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"keyturn/problem"
)

// installation is a Windows service as it is to be.
type installation struct {
	account string
	path    string   // of the configuration, absolute
	more    []string // further arguments of keyturn serve
}

const (
	serviceName = "Keyturn"
	// ownAccount is the account that Windows makes for the service alone: no password, and no right but those it is given.
	ownAccount = `NT SERVICE\` + serviceName
)

// arguments are those that the service starts keyturn with.
func (i installation) arguments() []string {
	return append([]string{"serve", "--config", i.path}, i.more...)
}

func newService(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Keyturn as a Windows service",
		Long: "Installs keyturn serve as a Windows service, or removes it. On Linux, deploy/ has units for systemd; see\n" +
			"docs/unattended.md.",
		Example: "  keyturn service install --config C:\\ProgramData\\Keyturn\\keyturn.yaml\n  keyturn service remove",
	}
	return family(cmd, newServiceInstall(sh), newServiceRemove(sh))
}

func newServiceInstall(sh *shell) *cobra.Command {
	i := installation{}
	cmd := &cobra.Command{
		Use:   "install [-- FLAGS OF SERVE]",
		Short: "Install keyturn serve as a Windows service",
		Long: "Installs this very program, with the configuration given, as the service " + serviceName + ": started with Windows, a little\n" +
			"after the rest; started again 20 s, 1 min and then every 5 min after a failure; stopped after the step in hand. It writes\n" +
			"to the event log (Application, source " + serviceName + "). It doesn't start it: let the account read the folder of the\n" +
			"configuration and write that of the store first.\n\n" +
			"The account is one of its own, " + ownAccount + ", which has no password. A managed identity of the machine works with any\n" +
			"account; a group managed service account is named with --account, with a $ at its end.",
		Example: "  keyturn service install --config C:\\ProgramData\\Keyturn\\keyturn.yaml\n" +
			"  keyturn service install --account CONTOSO\\keyturn$ -- --listen 127.0.0.1:9000 --log-level warn",
		Args: func(cmd *cobra.Command, args []string) error {
			if before := cmd.ArgsLenAtDash(); len(args) > 0 && before != 0 {
				return errors.New("write the flags of keyturn serve behind --")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&i.account, "account", ownAccount, "the account that it runs as, one without a password")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		i.more = args
		return sh.installService(i)
	}
	return cmd
}

func newServiceRemove(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Stop the Windows service and remove it",
		Long: "Stops the service " + serviceName + " after the step in hand and removes it, with its source in the event log. The\n" +
			"configuration and the store stay.",
		Example: "  keyturn service remove",
		Args:    exactly(0, "no arguments"),
	}
	cmd.RunE = func(*cobra.Command, []string) error {
		if err := dismissService(); err != nil {
			return err
		}
		sh.tell("the service %s is gone; its configuration and store stay", serviceName)
		return nil
	}
	return cmd
}

// installService installs what was asked for, after the configuration was found to be good.
func (sh *shell) installService(i installation) error {
	settings, err := sh.settings(true)
	if err != nil {
		return err
	}
	if i.path, err = filepath.Abs(settings.Path); err != nil {
		return fmt.Errorf("find the configuration: %w", err)
	}
	if err := employService(i); err != nil {
		return err
	}
	sh.tell("the service %s is installed, to run as %s with %s", serviceName, i.account, i.path)
	sh.tell("next: icacls \"%s\" /grant \"%s:(OI)(CI)M\"", filepath.Dir(i.path), i.account)
	sh.tell("then: sc.exe start %s; its log is in the event viewer under Application, source %s", serviceName, serviceName)
	return nil
}

// serviceRefused is what a person should do about a manager of services that says no.
func serviceRefused(code, message, fix string, err error) error {
	refused := problem.NeedsPerson(code, "service "+serviceName, message, fix)
	refused.Err = err
	return refused
}
