package main

import (
	"context"
	"errors"
	"fmt"

	"keyturn/engine"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/server/command"
	"keyturn/stage"
	"keyturn/store"
)

// orders carry out at the console what the commands renew, resume, approve and abort do at the command line.
type orders struct {
	s      *service
	guests *guests
}

// Plan implements [command.Engine].
func (o orders) Plan(ctx context.Context, ask command.Ask, by access.Person) (command.Plan, error) {
	_, made, err := o.plan(ctx, ask, by)
	if err != nil {
		return command.Plan{}, err
	}
	plan := command.Describe(made)
	open, err := o.open(ctx, ask.App)
	if len(open) == 1 {
		plan.OpenRun = open[0].ID
	}
	return plan, err
}

func (o orders) plan(ctx context.Context, ask command.Ask, by access.Person) (stage.Setup, stage.Plan, error) {
	if _, ok := o.s.settings.Find(ask.App); !ok {
		return stage.Setup{}, stage.Plan{}, problem.NeedsPerson("app.unknown", fmt.Sprintf("%q", ask.App), "no application is called so", "see the list of applications")
	}
	at := o.s.desk
	if ask.AsPerson {
		theirs, err := o.guests.of(by.Subject)
		if err != nil {
			return stage.Setup{}, stage.Plan{}, err
		}
		at = theirs
	}
	setup, err := at.setupNamed(ctx, ask.App)
	if err != nil {
		return setup, stage.Plan{}, err
	}
	request := stage.Request{
		Replace: ask.Replace, MakeRoom: ask.MakeRoom, Reuse: ask.Reuse, Emergency: ask.Emergency, RevokeFirst: ask.RevokeFirst,
		ByPerson: true, AskedBy: by.String(), AskedAs: by.Subject,
	}
	made, err := stage.MakePlan(ctx, setup, stage.Remember(ctx, o.s.store, request, ask.App), o.s.clock.Now)
	if err != nil {
		return setup, made, fmt.Errorf("plan the renewal of %s: %w", ask.App, err)
	}
	return setup, made, nil
}

// Start implements [command.Engine].
func (o orders) Start(ctx context.Context, ask command.Ask, by access.Person) (run renewal.Run, begun bool, err error) {
	open, err := o.open(ctx, ask.App)
	if err != nil {
		return renewal.Run{}, false, err
	}
	if len(open) == 1 {
		run, err := o.join(ctx, open[0], ask, by)
		return run, false, err
	}
	setup, made, err := o.plan(ctx, ask, by)
	if err != nil {
		return renewal.Run{}, false, err
	}
	if err := startable(made, ask); err != nil {
		return renewal.Run{}, false, err
	}
	if err := o.take(ask.App, ask.AsPerson, by); err != nil {
		return renewal.Run{}, false, err
	}
	return o.s.engine.Open(ctx, setup, made)
}

// take lets a person take an application's renewal on, where that was asked.
func (o orders) take(app string, asPerson bool, by access.Person) error {
	if !asPerson {
		return nil
	}
	theirs, err := o.guests.of(by.Subject)
	if err == nil {
		o.guests.host(app, theirs)
	}
	return err
}

// join returns the run that is open; an emergency hurries it.
func (o orders) join(ctx context.Context, open renewal.Run, ask command.Ask, by access.Person) (renewal.Run, error) {
	if !ask.Emergency || open.Order.Emergency {
		return open, nil
	}
	return o.s.engine.Tell(ctx, open.ID, engine.Any, func(ctx context.Context, j *stage.Job) error {
		return stage.Hurry(ctx, j, by.String(), ask.RevokeFirst)
	})
}

// startable refuses a plan that can't be carried out, and one that isn't what the person was shown.
func startable(made stage.Plan, ask command.Ask) error {
	if made.Due.Code == policy.DueExcluded {
		return problem.NeedsPerson(string(made.Due.Code), ask.App, "nothing was made: it is "+made.Due.Text, "drop excluded from keyturn.yaml")
	}
	if err := made.Obstacle(); err != nil {
		return fmt.Errorf("nothing was made: %w", err)
	}
	if ask.Plan != "" && ask.Plan != command.DigestOf(made) {
		return problem.NeedsPerson("plan.changed", ask.App, "nothing was made: it would do something else now than what you were shown", "look at the plan again, then decide")
	}
	return nil
}

func (o orders) open(ctx context.Context, app string) ([]renewal.Run, error) {
	open, err := o.s.store.Runs(ctx, store.Filter{App: app, Open: true, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("look for an open run of %s: %w", app, err)
	}
	return open, nil
}

// words are what a person may say to an open run.
var words = map[command.Word]func(ctx context.Context, j *stage.Job, who string) error{
	command.Resume: stage.GoOn, command.Overwrite: stage.Overwrite, command.Approve: stage.Approve, command.Abort: stage.Abort,
}

// Tell implements [command.Engine].
func (o orders) Tell(ctx context.Context, run string, version int64, word command.Word, asPerson bool, by access.Person) (renewal.Run, error) {
	say, ok := words[word]
	if !ok {
		return renewal.Run{}, errors.New("no such word: " + string(word))
	}
	if asPerson {
		known, err := o.s.store.Run(ctx, run)
		if err == nil {
			err = o.take(known.App, asPerson, by)
		}
		if err != nil {
			return known, err
		}
	}
	return o.s.engine.Tell(ctx, run, version, func(ctx context.Context, j *stage.Job) error { return say(ctx, j, by.String()) })
}
