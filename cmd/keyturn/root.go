package main

import (
	"github.com/spf13/cobra"
)

const about = `Keyturn renews the client secrets of Microsoft Entra app registrations everywhere they are used, before they
expire, without a failed sign-in, and proves it.

It keeps no secret: a value is in memory between issuing and delivery, and durably only in the places meant to hold it.`

// Groups of commands, as help lists them.
const (
	groupTry   = "try"
	groupLook  = "look"
	groupRenew = "renew"
	groupHouse = "house"
)

// newRoot builds the whole command line. It opens nothing and contacts nobody.
func newRoot(sh *shell) *cobra.Command {
	root := &cobra.Command{
		Use:   "keyturn",
		Short: "Renew Entra app secrets everywhere they live, without a failed sign-in",
		Long:  about,
		Example: `  keyturn demo                                 the whole story in a simulated cloud, in under two minutes
  keyturn scan --tenant contoso.onmicrosoft.com    what expires, and when; needs no configuration
  keyturn init --pack provision-assist             write keyturn.yaml
  keyturn doctor && keyturn plan                   what is missing, and what would be done
  keyturn renew provision-assist                   do it`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRun:  func(*cobra.Command, []string) { sh.began.Store(true) },
		DisableAutoGenTag: true,
	}
	sh.addFlags(root)
	root.AddGroup(
		&cobra.Group{ID: groupTry, Title: "Try it without a cloud:"},
		&cobra.Group{ID: groupLook, Title: "Look, changing nothing:"},
		&cobra.Group{ID: groupRenew, Title: "Renew:"},
		&cobra.Group{ID: groupHouse, Title: "Around it:"},
	)
	root.SetHelpCommandGroupID(groupHouse)
	root.SetCompletionCommandGroupID(groupHouse)
	for group, commands := range sh.commands() {
		for _, cmd := range commands {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	return root
}

func (sh *shell) commands() map[string][]*cobra.Command {
	return map[string][]*cobra.Command{
		groupTry:   {newDemo(sh), newSimulate(sh)},
		groupLook:  {newScan(sh), newDiscover(sh), newDoctor(sh), newPlan(sh), newAdvise(sh), newStatus(sh), newRuns(sh), newShow(sh)},
		groupRenew: {newInit(sh), newRenew(sh), newResume(sh), newApprove(sh), newAbort(sh), newAdopt(sh), newServe(sh)},
		groupHouse: {newAudit(sh), newConfig(sh), newConsole(sh), newMigrate(sh), newNotify(sh), newService(sh), newStore(sh), newToken(sh), newVersion(sh)},
	}
}

func (sh *shell) addFlags(root *cobra.Command) {
	all := root.PersistentFlags()
	all.StringVar(&sh.flags.config, "config", "", "configuration file (else KEYTURN_CONFIG, else ./keyturn.yaml)")
	all.StringVar(&sh.flags.tenant, "tenant", "", "tenant: a domain such as contoso.onmicrosoft.com, or its id")
	all.StringVar(&sh.flags.cloud, "cloud", "", "public, usgov, usgov-dod or china")
	all.StringVar(&sh.flags.identity, "identity", "", "how to sign in: default, environment, workloadIdentity, managedIdentity, azureCLI, browser, deviceCode")
	all.StringVar(&sh.flags.proxy, "proxy", "", "proxy, such as http://127.0.0.1:8080 (else HTTPS_PROXY)")
	all.StringVar(&sh.flags.caFile, "ca-file", "", "further certificate authorities (PEM), for a proxy that opens TLS")
	all.StringVar(&sh.flags.logLevel, "log-level", "", "debug, info, warn or error, on stderr; never a secret (else KEYTURN_LOG_LEVEL, else warn)")
	all.StringVar(&sh.flags.logFormat, "log-format", "", "text, or json for one object a line (else KEYTURN_LOG_FORMAT, else text)")
}
