package main

import (
	"github.com/spf13/cobra"
)

func newAdopt(sh *shell) *cobra.Command {
	var r renewing
	cmd := &cobra.Command{
		Use:   "adopt APP",
		Short: "Go on from what the Key Vault holds, after this store was lost",
		Long: "Takes the Key Vault's value, proves it by a sign-in, writes it to the places that lag, and goes on with the renewal that\n" +
			"the vault's tags tell of. No secret is made.",
		Example: "  keyturn adopt provision-assist",
		Args:    exactly(1, "one application"),
	}
	r.addFlags(sh, cmd)
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "don't ask")
	cmd.Flags().StringVar(&r.request.Replace, "replace", "", "Secret ID to retire in the end, or none; else as the vault's tags say")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		r.request.Adopt = true
		return sh.renew(cmd.Context(), &r, args)
	}
	return cmd
}
