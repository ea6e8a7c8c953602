package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keyturn/credential"
	"keyturn/engine"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

// usualWait is how long a renewal stays for something that time brings.
const usualWait = 5 * time.Minute

// renewing are the flags of the commands that drive runs.
type renewing struct {
	yes     bool
	wait    time.Duration
	request stage.Request
	format  *format
}

func (r *renewing) addFlags(sh *shell, cmd *cobra.Command) {
	r.wait = usualWait
	cmd.Flags().Var((*span)(&r.wait), "wait", "stay for what time brings within so long, such as 5m or 1d")
	sh.mayAttend(cmd)
	sh.mayHear(cmd)
	r.format = formatFlag(cmd, asTable, asJSON)
}

func newRenew(sh *shell) *cobra.Command {
	var r renewing
	cmd := &cobra.Command{
		Use: "renew APP...", SuggestFor: []string{"rotate", "roll"},
		Short: "Renew an application's secret everywhere it lives, now",
		Long: "Makes a new secret, waits until it signs in everywhere, writes it to every place, proves each place, keeps both\n" +
			"secrets for the overlap, and removes the old one on evidence that nobody uses it.\n\n" +
			"The command stays for at most --wait; then the run is parked, both secrets work, and it says when to come back.\n" +
			"It may be stopped, or killed, at any moment: keyturn resume goes on. An open renewal is followed, never doubled.\n\n" +
			"Exit codes: 0 all done; 1 failed before anything was made; 2 come back later or look at something; 77 a right is missing.\n" +
			"With -o json, one event a line, and a summary at the end.",
		Example: "  keyturn renew provision-assist\n  keyturn renew provision-assist --yes --wait 0 -o json\n" +
			"  keyturn renew provision-assist --replace 7f0d7f0d-1111-2222-3333-444444444444\n" +
			"  keyturn renew provision-assist --reuse     # the vault's value is good: only write it to the places that lag\n" +
			"  keyturn renew provision-assist --emergency # the secret has leaked",
		Args: some("at least one application of keyturn.yaml"),
	}
	r.addFlags(sh, cmd)
	cmd.Flags().BoolVarP(&r.yes, "yes", "y", false, "don't ask")
	cmd.Flags().StringVar(&r.request.Replace, "replace", "", "Secret ID to replace, or none to retire nothing; else found by proof")
	cmd.Flags().StringVar(&r.request.MakeRoom, "make-room", "", "Secret ID to remove first when the app holds as many as it may")
	cmd.Flags().BoolVar(&r.request.Reuse, "reuse", false, "make no new secret: spread the Key Vault's")
	addEmergencyFlags(cmd, &r)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return sh.renew(cmd.Context(), &r, args) }
	return cmd
}

// span is a duration flag in which days are understood.
type span time.Duration

// workshop is a desk with a store and an engine on it.
type workshop struct {
	*desk
	store  memory
	engine *engine.Engine
	shown  follower
	r      *renewing
	aside  *aside // nil = none was begun
}

// openWorkshop gathers what a renewal needs. Call close at the end.
func (sh *shell) openWorkshop(ctx context.Context, r *renewing) (*workshop, error) {
	d, err := sh.openDesk(ctx, true)
	if err != nil {
		return nil, err
	}
	return sh.furnish(ctx, d, sh.follow(r.format), r, engine.Rounds{}, nil)
}

// furnish puts a store and an engine on a desk. rounds and pulse are those of an engine that works unattended.
func (sh *shell) furnish(ctx context.Context, d *desk, shown follower, r *renewing, rounds engine.Rounds, pulse func()) (*workshop, error) {
	log, err := sh.log()
	if err != nil {
		return nil, err
	}
	kept, err := openStore(ctx, d.settings.Store, false)
	if err != nil {
		return nil, err
	}
	d.session.Share(budget{kept, d.settings.Tenant})
	kept = watched(kept)
	sh.soft.Store(true)
	w := &workshop{desk: d, store: kept, shown: shown, r: r}
	rounds.Plan, rounds.Ends, rounds.Glance = w.makePlan, w.ends, w.glance
	w.engine = engine.New(engine.Options{
		Store: kept, Node: nodeName(renewal.NewID()), Clock: d.clock, Watch: shown.Tell, Setup: d.setupNamed, Stop: sh.stop, Log: log,
		Rounds: rounds, Pulse: pulse, Notify: engine.Notify{On: d.settings.Notify.On()},
	})
	return w, nil
}

func (w *workshop) close() {
	w.shown.Close()
	w.sh.close(w.store)
}

func (sh *shell) renew(ctx context.Context, r *renewing, names []string) error {
	w, err := sh.openWorkshop(ctx, r)
	if err != nil {
		return err
	}
	defer w.close()
	r.request.ByPerson, r.request.AskedBy, r.request.AskedAs = true, sh.person(), sh.local().Subject
	if err := sh.confirmRevoking(r, names); err != nil {
		return err
	}
	apps, err := chosen(w.settings, names)
	if err != nil {
		return err
	}
	var verdicts []error
	for _, app := range apps {
		verdicts = append(verdicts, w.renewOne(ctx, app.Name))
	}
	return worst(verdicts)
}

// renewOne renews one application, or goes on with the renewal that is open.
func (w *workshop) renewOne(ctx context.Context, name string) error {
	open, err := w.store.Runs(ctx, store.Filter{App: name, Open: true, Limit: 1})
	if err != nil {
		return fmt.Errorf("look for an open run of %s: %w", name, err)
	}
	if len(open) == 1 {
		run, err := w.engine.Resume(ctx, open[0].ID, w.r.wait, w.hurry())
		return w.end(ctx, run, err)
	}
	w.shown.Tell(renewal.Event{Kind: "planning", App: name, At: w.clock.Now(), Text: "reading everything that decides the renewal"})
	setup, plan, err := w.makePlan(ctx, name)
	w.shown.Tell(renewal.Event{Kind: "read", App: name, At: w.clock.Now(), Text: "everything that decides the renewal was read"})
	if err != nil {
		return err
	}
	if plan.Due.Code == policy.DueExcluded {
		return problem.NeedsPerson(string(plan.Due.Code), name, "nothing was made: it is "+plan.Due.Text, "drop excluded from "+w.settings.Path)
	}
	if err := plan.Obstacle(); err != nil {
		return fmt.Errorf("nothing was made: %w", err)
	}
	app, _ := w.settings.Find(name)
	if text := w.finishing(ctx, app, plan.Order); text != "" {
		plan.Order.Notes = append(plan.Order.Notes, text)
		w.shown.Note(text)
	}
	if err := w.agree(plan); err != nil {
		return err
	}
	w.lookAside(ctx, name, plan.Found)
	run, err := w.engine.Renew(ctx, setup, plan, w.r.wait)
	return w.end(ctx, run, err)
}

// makePlan reads everything that decides a renewal.
func (w *workshop) makePlan(ctx context.Context, name string) (stage.Setup, stage.Plan, error) {
	setup, err := w.setupNamed(ctx, name)
	if err != nil {
		return setup, stage.Plan{}, err
	}
	plan, err := stage.MakePlan(ctx, setup, w.remember(ctx, name), w.clock.Now)
	if err != nil {
		return setup, plan, fmt.Errorf("plan the renewal of %s: %w", name, err)
	}
	return setup, plan, nil
}

// ends asks the tenant when the secrets of all its app registrations end: of each the soonest that hasn't ended yet.
func (w *workshop) ends(ctx context.Context) (map[string]time.Time, error) {
	now, soonest := w.clock.Now(), map[string]time.Time{} // by client id
	for app, err := range w.graph.Applications(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list the app registrations: %w", err)
		}
		for _, p := range app.Passwords {
			if known := soonest[strings.ToLower(app.AppID)]; p.End.After(now) && (known.IsZero() || p.End.Before(known)) {
				soonest[strings.ToLower(app.AppID)] = p.End
			}
		}
	}
	ends := map[string]time.Time{}
	for _, app := range w.settings.Applications {
		if end := soonest[strings.ToLower(app.ClientID)]; !end.IsZero() {
			ends[app.Name] = end
		}
	}
	return ends, nil
}

// glance reads an application's registration alone.
func (w *workshop) glance(ctx context.Context, name string) (credential.App, error) {
	app, ok := w.settings.Find(name)
	if !ok {
		return credential.App{}, unknownApp(w.settings, name)
	}
	found, err := w.entra.Look(ctx, app.ClientID)
	if err != nil {
		return found, fmt.Errorf("look at %s: %w", name, err)
	}
	return found, nil
}

// remember adds to a request what this store knows of earlier renewals.
func (w *workshop) remember(ctx context.Context, app string) stage.Request {
	return stage.Remember(ctx, w.store, w.r.request, app)
}

// worst returns the error that says most: a failure before something to attend to, joined where there are several.
func worst(all []error) error {
	var failures []error
	var milder error
	for _, err := range all {
		switch {
		case err == nil:
		case exitCode(err) == exitAttention:
			milder = err
		default:
			failures = append(failures, err)
		}
	}
	switch len(failures) {
	case 0:
		return milder
	case 1:
		return failures[0]
	}
	return errors.Join(failures...)
}
