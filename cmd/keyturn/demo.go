package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"keyturn/simulator/seed"
)

// staging are the flags of the demo.
type staging struct {
	keep   bool
	dir    string
	draws  uint64
	format *format
}

func newDemo(sh *shell) *cobra.Command {
	var s staging
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch one whole renewal in a simulated cloud, in under two minutes",
		Long: "Starts a simulated Microsoft cloud on this computer, with Provision Assist deployed in it as its own templates do: the secret\n" +
			"25 days from its end, logic apps and a runbook signing in all the while. Then the real commands run against it, over HTTPS:\n" +
			"scan, discover, plan, renew. Waiting is replaced by moving the simulated clock, and the screen says so. A second scene\n" +
			"shows a secret that has already expired. At the end the consumers' sign-ins are counted, and every secret that the cloud\n" +
			"ever issued is searched for in everything that Keyturn left behind. The link at the beginning shows the first scene in a\n" +
			"browser while it goes on; with --keep, Keyturn goes on serving there, and the console stays.\n\n" +
			"It asks nothing, needs no network, and leaves nothing behind unless --keep or --dir say so.\n" +
			"With -o json, one event a line, and a summary at the end.",
		Example: "  keyturn demo\n  keyturn demo --keep       # leave the simulated cloud running, to try the commands yourself\n  keyturn demo -o json | tail -1",
		Args:    exactly(0, "no arguments"),
	}
	cmd.Flags().BoolVar(&s.keep, "keep", false, "leave the simulated cloud and the console running until Ctrl-C, and say how to use them")
	cmd.Flags().StringVar(&s.dir, "dir", "", "folder for the simulated cloud's files and Keyturn's own (default: a temporary one)")
	cmd.Flags().Uint64Var(&s.draws, "draws", 0, "repeat the draws of an earlier demo; 0 draws anew")
	s.format = formatFlag(cmd, asTable, asJSON)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return sh.demo(cmd.Context(), s) }
	return cmd
}

func (sh *shell) demo(ctx context.Context, s staging) (err error) {
	dir, clear, err := s.folder()
	if err != nil {
		return err
	}
	defer clear()
	d := &demonstration{sh: sh, staging: s, began: sh.now()}
	first, err := d.open(ctx, seed.ProvisionAssist, filepath.Join(dir, "cloud"), filepath.Join(dir, "keyturn"))
	if err != nil {
		return err
	}
	defer first.cloud.Close()
	serve, done, err := d.openConsole(ctx, first)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := d.wholeRenewal(ctx, first); err != nil {
		return fmt.Errorf("first scene: %w", err)
	}
	second, err := d.open(ctx, seed.ProvisionAssistExpired, filepath.Join(dir, "cloud-expired"), filepath.Join(dir, "keyturn-expired"))
	if err != nil {
		return err
	}
	defer second.cloud.Close()
	if err := d.alreadyExpired(ctx, second); err != nil {
		return fmt.Errorf("second scene: %w", err)
	}
	if err := d.conclude(first, second); err != nil {
		return err
	}
	if s.keep {
		serve()
		d.leaveRunning(ctx, first)
	}
	return nil
}

// folder is where the demo's files go, and how they are cleared away.
func (s staging) folder() (dir string, clear func(), err error) {
	if s.dir != "" {
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return "", nil, fmt.Errorf("make the demo's folder: %w", err)
		}
		return s.dir, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "keyturn-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("make the demo's folder: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil // what stays of a temporary folder, the system clears away
}

const (
	aWeek = 7 * 24 * time.Hour
	// beyond is how long after the old secret is gone the consumers are still watched.
	beyond = 14 * 24 * time.Hour
	demoed = "provision-assist" // the application in the sample's configuration
)

// wholeRenewal is the first scene: everything that an administrator would do, one command after the other.
func (d *demonstration) wholeRenewal(ctx context.Context, s *scene) error {
	d.headline("A simulated Microsoft cloud runs on this computer, as unkind as the real one: Provision Assist, deployed by its own templates.")
	d.remark("Its secret ends in 25 days. Its logic apps and a runbook sign in with it, all the while.")
	for _, step := range []struct {
		say  string
		args []string
	}{
		{"What expires in this tenant, and when?", []string{"scan", "--due"}},
		{"Where does Provision Assist's secret live? Its manual names three places.", []string{"discover", demoed}},
		{"What would a renewal do, and when?", []string{"plan", demoed}},
	} {
		if err := d.show(ctx, s, step.say, step.args...); err != nil {
			return err
		}
	}
	if err := d.renew(ctx, s, "Renew it. Waiting is replaced by moving the simulated clock; every note says by how much."); err != nil {
		return err
	}
	d.remark("The old secret is gone. The clock moves another 14 days, past every weekly run, before sign-ins are counted.")
	s.cloud.Advance(beyond)
	return s.witness()
}

// alreadyExpired is the second scene: nobody noticed, and everything fails.
func (d *demonstration) alreadyExpired(ctx context.Context, s *scene) error {
	d.headline("Another tenant, where nobody noticed: the secret expired, and a week goes by.")
	s.cloud.Advance(aWeek)
	broken, err := s.truth()
	if err != nil {
		return err
	}
	s.failedBefore = broken.failing(s.before)
	d.remark("%d of %d consumers fail.", len(s.failedBefore), len(broken.Consumers))
	s.renewedAt = broken.Now
	if err := d.renew(ctx, s, "One command."); err != nil {
		return err
	}
	renewed, err := s.truth()
	if err != nil {
		return err
	}
	s.cloudTime = renewed.Now.Sub(s.renewedAt)
	s.before = renewed
	s.cloud.Advance(beyond)
	return s.witness()
}

// leaveRunning says how to go on with the first scene's cloud, and waits for Ctrl-C.
func (d *demonstration) leaveRunning(ctx context.Context, s *scene) {
	d.sh.say("")
	d.sh.sayHowToUse(s.cloud, s.options)
	d.sh.say("Keyturn's own files of the first scene are in %s.", filepath.ToSlash(s.home))
	<-ctx.Done()
}
