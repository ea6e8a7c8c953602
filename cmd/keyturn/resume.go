package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"keyturn/engine"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

func newResume(sh *shell) *cobra.Command {
	var r renewing
	var overwrite, delivered bool
	cmd := &cobra.Command{
		Use:   "resume RUN|APP",
		Short: "Go on with a renewal that stands still",
		Long: "Goes on from where the run stands, with the same new secret where it can be read back, else with a fresh one.\n" +
			"A run that another living process drives is followed; of one that has ended, the end is shown.",
		Example: "  keyturn resume provision-assist\n  keyturn resume k3v9q0x2ab --wait 1h\n" +
			"  keyturn resume provision-assist --overwrite     # a place was changed by somebody else: write ours again\n" +
			"  keyturn resume helpdesk --delivered             # the secret that was shown is where the vendor wants it",
		Args: exactly(1, "one run or application"),
	}
	r.addFlags(sh, cmd)
	cmd.Flags().BoolVar(&overwrite, "overwrite", false, "write again those places that somebody else changed since")
	cmd.Flags().BoolVar(&delivered, "delivered", false, "say that the new secret is in the places that only a person can write")
	cmd.MarkFlagsMutuallyExclusive("overwrite", "delivered")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var prepare engine.Prepare
		switch {
		case overwrite:
			prepare = sh.asToldBy(stage.Overwrite)
		case delivered:
			prepare = sh.asToldBy(stage.Delivered)
		}
		return sh.goOn(cmd.Context(), &r, args[0], prepare)
	}
	return cmd
}

func newAbort(sh *shell) *cobra.Command {
	var r renewing
	cmd := &cobra.Command{
		Use:   "abort RUN|APP",
		Short: "End a renewal for good, breaking nothing",
		Long: "Ends an open run. A new secret that no place can know yet is removed; every other secret stays valid and is listed by\n" +
			"keyturn show. Nothing is written back.",
		Example: "  keyturn abort provision-assist\n  keyturn abort k3v9q0x2ab -o json",
		Args:    exactly(1, "one run or application"),
	}
	r.addFlags(sh, cmd)
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "don't ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return sh.abort(cmd.Context(), &r, args[0]) }
	return cmd
}

func (sh *shell) abort(ctx context.Context, r *renewing, name string) error {
	if !r.yes && sh.isPerson() && !sh.ask("End the renewal of "+name+" for good?") {
		return refused(name)
	}
	return sh.goOn(ctx, r, name, sh.asToldBy(stage.Abort))
}

func newApprove(sh *shell) *cobra.Command {
	var r renewing
	cmd := &cobra.Command{
		Use:   "approve RUN|APP",
		Short: "Let a renewal begin, or the old secret go, that waits for a person's word",
		Long: "Where policy.approval wants it, a renewal begins, or its old secret goes, only with a person's word. So does an old secret\n" +
			"where the configuration wants evidence that nobody uses it and the tenant has none.\n" +
			"Everything else that must hold before the old secret is removed is still asked.",
		Example: "  keyturn approve provision-assist",
		Args:    exactly(1, "one run or application"),
	}
	r.addFlags(sh, cmd)
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "don't ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return sh.approve(cmd.Context(), &r, args[0]) }
	return cmd
}

func (sh *shell) approve(ctx context.Context, r *renewing, name string) error {
	return sh.onRun(ctx, r, name, func(w *workshop, run renewal.Run) error {
		if !r.yes && sh.isPerson() && !run.State.Ended() && !sh.ask(approval(run)) {
			return refused(name)
		}
		return w.goOn(ctx, run, sh.asToldBy(stage.Approve))
	})
}

// approval asks for what an approval of this run would allow.
func approval(run renewal.Run) string {
	if run.State == renewal.Planned {
		return "Let the renewal of " + run.App + " begin?"
	}
	return "Let the old secret of " + run.App + " go? It can't be brought back, and whoever still uses it fails."
}

// asToldBy makes a person's word out of what is done as whoever sits at this machine told.
func (sh *shell) asToldBy(word func(ctx context.Context, j *stage.Job, who string) error) engine.Prepare {
	who := sh.person()
	return func(ctx context.Context, j *stage.Job) error { return word(ctx, j, who) }
}

// goOn drives an open run further, after prepare has changed it as a person told.
func (sh *shell) goOn(ctx context.Context, r *renewing, name string, prepare engine.Prepare) error {
	return sh.onRun(ctx, r, name, func(w *workshop, run renewal.Run) error { return w.goOn(ctx, run, prepare) })
}

// onRun does something with the run that a person named.
func (sh *shell) onRun(ctx context.Context, r *renewing, name string, do func(w *workshop, run renewal.Run) error) error {
	w, err := sh.openWorkshop(ctx, r)
	if err != nil {
		return err
	}
	defer w.close()
	run, err := openRun(ctx, w.store, name)
	if err != nil {
		return err
	}
	return do(w, run)
}

func (w *workshop) goOn(ctx context.Context, run renewal.Run, prepare engine.Prepare) error {
	run, err := w.engine.Resume(ctx, run.ID, w.r.wait, prepare)
	return w.end(ctx, run, err)
}

// openRun returns the run with that id, else the open run of that application, else its newest.
func openRun(ctx context.Context, reader store.Reader, name string) (renewal.Run, error) {
	open, err := reader.Runs(ctx, store.Filter{App: name, Open: true, Limit: 1})
	if err == nil && len(open) == 1 {
		return open[0], nil
	}
	run, found := findRun(ctx, reader, name)
	if found != nil {
		return run, errors.Join(err, found)
	}
	return run, nil
}

// person names whoever sits at this machine, for the audit log.
func (sh *shell) person() string {
	for _, name := range []string{"SUDO_USER", "USER", "USERNAME"} {
		if who := sh.env(name); who != "" {
			return who
		}
	}
	return "a person at the command line"
}
