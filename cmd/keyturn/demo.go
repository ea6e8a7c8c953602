package main

import "github.com/spf13/cobra"

func newDemo(sh *shell) *cobra.Command {
	return &cobra.Command{Use: "demo", Short: "x", RunE: func(*cobra.Command, []string) error { return nil }}
}
