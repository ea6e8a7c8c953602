package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/notice"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/store"
)

// Rounds are the looks at the applications that an unattended engine makes by itself.
type Rounds struct {
	Apps  []string
	Every time.Duration // between the looks of all serving processes together
	Again time.Duration // after which an application that isn't due is read again all the same; 0 = a day
	// Plan reads everything that decides one application's renewal.
	Plan func(ctx context.Context, app string) (stage.Setup, stage.Plan, error)
	// Ends tells when the credentials of applications end, as far as few questions do, so that the first look of all
	// begins with what ends first. An application may be missing. nil = they are looked at as they are listed.
	Ends func(ctx context.Context) (map[string]time.Time, error)

	// Excluded are the applications that a person takes care of, with the reason. Each is glanced at once a day, for what
	// is shown of it and to tell of one that nobody renews: its registration alone is read, and nothing is done to it.
	Excluded map[string]string
	Glance   func(ctx context.Context, app string) (credential.App, error)

	// Apart is the time between the beginnings of two readings, so that a fast service's limits of requests are left to
	// renewals. 0 = none, and a look doesn't keep to the pace of those who renew, as where they follow it.
	Apart time.Duration

	// Ended is called when a look has ended: nothing much happens for a while. nil = nobody listens.
	Ended func()
}

// LookDuty is the look at the tenant, as the store names what serving processes owe together.
const LookDuty = "look at the tenant"

const (
	// lookAtOnce is how many applications are read side by side: with 50 ms a request, enough for the renewals that Graph
	// allows.
	lookAtOnce = 8
	// readAgain is the usual [Rounds.Again].
	readAgain = 24 * time.Hour
)

// Service is what a store must offer to an engine that works unattended.
type Service interface {
	Store
	store.Servers
	store.Duties
	store.Findings
	store.Sightings
	store.Outbox
	store.Pruner
}

// Look reads the applications that may have become due, begins the renewals that are, and notes in the store what was
// seen and what keeps an application from being renewed. Nothing is driven. Its error says that the tenant couldn't be looked at; what is
// wrong with single applications is noted instead.
func (e *Engine) Look(ctx context.Context) error {
	service, err := e.service()
	if err != nil {
		return err
	}
	own := &ownMatters{}
	failed := e.look(cloud.Background(ctx), service, own)
	text := own.blind()
	if failed != nil {
		text = failed.Error()
	}
	return errors.Join(failed, service.Finish(ctx, LookDuty, text), e.afterLook(ctx, service, own, failed))
}

func (e *Engine) service() (Service, error) {
	service, ok := e.Store.(Service)
	if !ok {
		return nil, fmt.Errorf("a store of type %T can't be served", e.Store)
	}
	return service, nil
}

func (e *Engine) look(ctx context.Context, service Service, own *ownMatters) error {
	open, err := e.openRuns(ctx)
	if err != nil {
		return err
	}
	apps := e.memory.worthALook(e.Rounds.Apps, open, e.Clock.Now())
	e.sort(ctx, apps)
	errs := make([]error, len(apps))
	seen := &sights{kept: service, own: own, open: open}
	var group errgroup.Group
	group.SetLimit(lookAtOnce)
	next := time.Now()
	for i, app := range apps {
		e.keepPace(ctx)
		if e.Rounds.Apart > 0 {
			_ = cloud.Sleep(ctx, time.Until(next)) // who is asked to stop finds it out below
			next = time.Now().Add(e.Rounds.Apart)
		}
		group.Go(func() error { errs[i] = e.lookAt(ctx, service, seen, app); return nil })
	}
	_ = group.Wait() // each look keeps its own failure
	return errors.Join(unreached(errs), e.glance(ctx, seen), seen.end(ctx, slices.AppendSeq(slices.Clone(e.Rounds.Apps), maps.Keys(e.Rounds.Excluded))))
}

// sort brings what ends first to the front. Where nothing is known yet, the tenant is asked once.
func (e *Engine) sort(ctx context.Context, apps []string) {
	if e.Rounds.Ends != nil && len(apps) > 1 && e.memory.blank() {
		ends, err := e.Rounds.Ends(ctx)
		if err != nil && ctx.Err() == nil {
			e.Log.Info("could not ask what ends first; applications are looked at as they are listed", "error", err)
		}
		e.memory.expect(ends)
	}
	e.memory.inOrder(apps)
}

// unreached returns a failure when no look got through: then it is the way to the tenant that is broken.
func unreached(errs []error) error {
	for _, err := range errs {
		if err == nil {
			return nil
		}
	}
	return errors.Join(errs[:min(1, len(errs))]...)
}

// openRuns returns the open runs by application.
func (e *Engine) openRuns(ctx context.Context) (map[string]renewal.Run, error) {
	runs, err := e.Store.Runs(ctx, store.Filter{Open: true, Limit: everything})
	if err != nil {
		return nil, fmt.Errorf("read the open runs: %w", err)
	}
	open := map[string]renewal.Run{}
	for _, run := range runs {
		open[run.App] = run
	}
	return open, nil
}

// everything is a limit that no store reaches.
const everything = 1_000_000

// lookAt reads one application and acts on what it finds. Its error says that the tenant couldn't be asked.
func (e *Engine) lookAt(ctx context.Context, service Service, seen *sights, app string) error {
	open := seen.open[app]
	setup, plan, err := e.planOf(ctx, app)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	now := e.Clock.Now()
	e.memory.keep(app, now, plan, err)
	if e.passes(ctx, app, err) {
		e.Log.Warn("could not look at an application", "app", app, "error", err)
		return err
	}
	if err := e.saw(ctx, seen, app, setup, plan, err); err != nil {
		return err
	}
	switch {
	case open.ID != "" && err == nil:
		return e.missing(ctx, open, plan)
	case open.ID != "":
		return nil // read for what is seen alone
	case err == nil:
		err = e.obstacle(ctx, seen, plan)
	}
	if err != nil {
		return e.note(ctx, service, seen.own, app, plan.Due.End, err)
	}
	seen.own.sawApp()
	if err := service.Forget(ctx, app, e.goneWell(app)...); err != nil || !plan.Due.Due {
		return err
	}
	return e.begin(ctx, setup, plan)
}

// missing wakes a run that waits out its overlap, or for leave to remove the old secret, although somebody removed its secret from the app: every consumer holds it, and
// fails until it holds another.
func (e *Engine) missing(ctx context.Context, run renewal.Run, plan stage.Plan) error {
	waits := run.State == renewal.Overlapping || run.State == renewal.Retiring
	if !waits || run.Door != renewal.Wait || run.Order.Reuse {
		return nil
	}
	history, err := e.Store.History(ctx, run.ID)
	if err != nil {
		return fmt.Errorf("read run %s: %w", run.ID, err)
	}
	attempt, _ := history.Current(run.Attempt)
	if _, there := plan.Found.Find(attempt.KeyID); there || attempt.KeyID == "" {
		return nil
	}
	e.Log.Warn("the secret that a renewal made is gone from the app", "app", run.App, "run_id", run.ID)
	_, err = e.Tell(ctx, run.ID, run.Version, func(context.Context, *stage.Job) error { return nil })
	if found := problem.Of(err); err != nil && (found.Code == "run.changed" || found.Code == "run.held" || found.Code == "run.ended") {
		return nil // somebody has it in hand
	}
	return err
}

// saw keeps what was seen of an application, or that it couldn't be read.
func (e *Engine) saw(ctx context.Context, to *sights, app string, setup stage.Setup, plan stage.Plan, failed error) error {
	if failed != nil {
		return e.unseen(ctx, to, setup, app, failed)
	}
	seen, err := e.sighting(ctx, setup, plan)
	if err != nil {
		return err
	}
	return to.add(ctx, seen)
}

// obstacle is what keeps a plan from being carried out without a person.
func (e *Engine) obstacle(ctx context.Context, seen *sights, plan stage.Plan) error {
	if err := plan.Obstacle(); err != nil {
		return err
	}
	if plan.Due.Code == policy.DueUnclear {
		return problem.NeedsPerson(string(plan.Due.Code), plan.App, plan.Due.Text, plan.Due.Fix)
	}
	if !plan.Due.Due {
		return nil
	}
	if err := otherName(seen.open, plan.App, plan.ClientID); err != nil {
		return err
	}
	last, err := e.Store.Runs(ctx, store.Filter{App: plan.App, Limit: 1})
	if err != nil || len(last) == 0 || last[0].State != renewal.Aborted {
		return err
	}
	return problem.NeedsPerson("run.aborted", plan.App, "due, yet its last renewal was aborted by a person, so it isn't begun again by itself",
		"keyturn renew "+plan.App)
}

// note keeps what a person should mend, and tells of it once.
func (e *Engine) note(ctx context.Context, service Service, own *ownMatters, app string, end time.Time, cause error) error {
	found := problem.Of(cause)
	finding := store.Finding{App: app, Code: found.Code, Text: lasting(cause), Fix: cmp.Or(found.Fix, "keyturn doctor "+app), Since: e.Clock.Now()}
	var notices []notice.Notice
	if isOwn(found.Code) {
		e.shut.toldOf(found)
		own.add(found, app, finding.Since)
	} else {
		notices = e.tellOf(ctx, service, app, finding, end)
	}
	news, err := service.Note(ctx, finding, notices...)
	if err == nil && news {
		e.Log.Warn("an application can't be renewed by itself", "app", app, "code", found.Code, "error", cause, "fix", finding.Fix)
	}
	return err
}

// lasting is the text of a failure without the id of the one request that it was: seen again, it is the same.
func lasting(cause error) string {
	return strings.ReplaceAll(cause.Error(), " (request "+problem.Of(cause).RequestID+")", "")
}

// begin opens the run that plan describes, in nobody's hands: whoever serves drives it, this process among others.
func (e *Engine) begin(ctx context.Context, setup stage.Setup, plan stage.Plan) error {
	if last, err := e.since(ctx, setup.App, plan.At); err != nil || last.ID != "" {
		return err
	}
	run, told := e.fresh(setup, plan)
	run.Node = ""
	run, err := e.Store.Begin(ctx, run, told)
	if errors.Is(err, store.ErrOpen) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("begin the renewal of %s: %w", setup.App, err)
	}
	e.room.Add(-1)
	e.Watch(renewal.Event{Kind: "begun", Run: run.ID, App: run.App, State: run.State, At: run.CreatedAt, Text: told.Events[0].Text})
	return nil
}
