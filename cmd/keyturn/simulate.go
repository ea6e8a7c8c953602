package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyturn/simulator"
	"keyturn/simulator/seed"
)

func newSimulate(sh *shell) *cobra.Command {
	var options simulator.Options
	var propagation time.Duration
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run a simulated Microsoft cloud on this computer",
		Long: "Runs an HTTPS proxy that answers for Microsoft's own host names: sign-in, Graph, Resource Manager, Key Vault, with a\n" +
			"sample tenant in it. Any client reaches it by HTTPS_PROXY and a CA file. The first line on stdout says where, as JSON.\n\n" +
			"It is as unkind as the cloud: new secrets start working late, lists lag, requests are throttled. --gentle turns that off.\n" +
			"It listens on this computer alone, and runs until Ctrl-C.",
		Example: "  keyturn simulate --dir sim\n" +
			"  . sim/env && keyturn --config sim/keyturn.yaml plan          # in another terminal; PowerShell: . sim\\env.ps1\n" +
			"  curl -s 127.0.0.1:PORT/_sim/state                            # the truth; see docs for faults, clock and switches\n" +
			"  keyturn simulate --seed provision-assist-expired --gentle --latency 50ms --dir sim\n" +
			"  keyturn simulate --cloud usgov --dir sim                     # the same under a national cloud's host names",
		Args: exactly(0, "no arguments"),
	}
	all := cmd.Flags()
	all.StringVar(&options.Listen, "listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	all.StringVar(&options.Dir, "dir", "", "folder for ca.pem, env, env.ps1 and keyturn.yaml")
	all.StringVar(&options.Seed, "seed", seed.ProvisionAssist, "sample tenant: "+strings.Join(seed.Names(), ", ")+", "+seed.EstatePrefix+"N (N applications)")
	all.DurationVar(&options.Settings.Latency, "latency", 0, "added to every request, such as 50ms")
	all.DurationVar(&propagation, "propagation", 0, "time until a new or removed secret counts everywhere, such as 20s (default: drawn for each region)")
	all.BoolVar(&options.Settings.Gentle, "gentle", false, "no delays, lags and refusals: for speed tests")
	all.Uint64Var(&options.Settings.Seed, "draws", 0, "repeat the draws of an earlier run; 0 draws anew")
	all.BoolVar(&options.Insecure, "insecure", false, "allow other addresses than this computer's own: everybody who reaches it can read all in it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if all.Changed("propagation") {
			options.Settings.Propagation = &propagation
		}
		options.Settings.Cloud = sh.flags.cloud
		return sh.simulate(cmd.Context(), options)
	}
	return cmd
}

func (sh *shell) simulate(ctx context.Context, options simulator.Options) error {
	running, err := simulator.Start(ctx, options)
	if err != nil {
		return fmt.Errorf("start the simulated cloud: %w", err)
	}
	defer running.Close()
	first, err := json.Marshal(running.Announcement())
	if err != nil {
		return fmt.Errorf("announce the simulated cloud: %w", err)
	}
	if err := sh.write(string(first) + "\n"); err != nil {
		return err
	}
	sh.sayHowToUse(running, options)
	<-ctx.Done()
	return nil
}

// sayHowToUse tells a person how to reach the simulator from another terminal.
func (sh *shell) sayHowToUse(running *simulator.Simulator, options simulator.Options) {
	sh.say("A simulated Microsoft cloud runs at %s until Ctrl-C. Nothing in it is real.", running.URL())
	if options.Dir == "" {
		sh.say("Give --dir FOLDER to get its CA file, an environment and a ready keyturn.yaml.")
		return
	}
	in := func(name string) string { return oneWord(filepath.ToSlash(options.Dir) + "/" + name) }
	sh.say("In another terminal:")
	sh.say("  . %s                 (PowerShell: . %s)", in("env"), in("env.ps1"))
	sh.say("  keyturn --config %s plan", in("keyturn.yaml"))
	sh.say("The truth, for tests: %s/_sim/state", running.URL())
}

// oneWord writes a path so that sh and PowerShell take it for one.
func oneWord(path string) string {
	switch {
	case strings.Contains(path, "'"):
		return `"` + path + `"`
	case strings.ContainsAny(path, " \t()&;$`"):
		return "'" + path + "'"
	}
	return path
}
