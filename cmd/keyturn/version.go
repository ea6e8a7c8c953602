package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(sh *shell) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this build",
		Example: "  keyturn version\n  keyturn version -o json",
		Args:    exactly(0, "no arguments"),
	}
	f := formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(*cobra.Command, []string) error {
		build := struct {
			Version string `json:"version"`
			Commit  string `json:"commit,omitempty"`
			Go      string `json:"go"`
			System  string `json:"system"`
		}{release, commit(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
		if f.chosen == asJSON {
			return sh.printJSON(build)
		}
		return sh.write(fmt.Sprintf("keyturn %s (%s, %s)\n", build.Version, build.Go, build.System))
	}
	return cmd
}

// commit is the commit this was built from; "" when the build didn't record one.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return ""
}
