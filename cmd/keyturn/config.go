package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keyturn/cloud"
	"keyturn/config"
)

func newConfig(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Check keyturn.yaml, or print its JSON Schema",
		Example: "  keyturn config check\n  keyturn config schema > keyturn.schema.json",
	}
	return family(cmd, newConfigCheck(sh), newConfigSchema(sh))
}

func newConfigCheck(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Tell every problem of a configuration at once, with line and column",
		Long: "Reads the configuration as strictly as every other command does and tells all problems at once, each with line,\n" +
			"column, the offending text and what was probably meant. Asks no cloud. Secrets that it refers to may be elsewhere:\n" +
			"what isn't set here is said and no problem. Exit code 1 when there is a problem.",
		Example: "  keyturn config check\n  keyturn config check keyturn.prod.yaml -o json",
		Args:    upTo(1, "at most one file"),
	}
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			sh.flags.config = args[0]
		}
		return sh.configCheck(cmd.Context(), f)
	}
	return cmd
}

// checkFile reads the file, and lets each target judge its own settings. The cloud is named, not asked.
func (sh *shell) checkFile(ctx context.Context) (config.Config, error) {
	loaded, err := sh.loadFile()
	if err != nil {
		return loaded, err
	}
	r, err := newReach(ctx, cloud.Options{Cloud: loaded.Cloud, Tenant: loaded.Tenant})
	if err != nil {
		return loaded, err
	}
	return loaded, allProblems(loaded.Path, r.checkBlocks(loaded), sh.checkNotify(r, loaded))
}

func (sh *shell) configCheck(ctx context.Context, f *format) error {
	loaded, err := sh.checkFile(ctx)
	var bad *config.Problems
	if f.chosen == asTable || (err != nil && !errors.As(err, &bad)) {
		if err != nil {
			return err
		}
		return sh.write(fmt.Sprintf("%s is good: %s\n", loaded.Path, applications(len(loaded.Applications))))
	}
	if bad == nil {
		bad = &config.Problems{File: loaded.Path}
	}
	report := struct {
		OK bool `json:"ok"`
		*config.Problems
	}{len(bad.List) == 0, bad}
	if bad.List == nil {
		bad.List = []config.Problem{}
	}
	if err := sh.printJSON(report); err != nil {
		return err
	}
	if !report.OK {
		return &verdict{code: exitFailed}
	}
	return nil
}

func newConfigSchema(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of keyturn.yaml, for editors",
		Example: "  keyturn config schema > keyturn.schema.json\n" +
			"  # first line of keyturn.yaml, for editors with the YAML language server:\n" +
			"  # yaml-language-server: $schema=keyturn.schema.json",
		Args: exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			schema, err := config.Schema(descriptors(), notifiers()...)
			if err != nil {
				return err
			}
			return sh.write(string(schema))
		},
	}
}

// applications counts them.
func applications(n int) string {
	if n == 1 {
		return "1 application"
	}
	return fmt.Sprintf("%d applications", n)
}
