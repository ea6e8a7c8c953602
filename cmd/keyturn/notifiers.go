package main

import (
	"context"
	"errors"
	"log/slog"

	"keyturn/config"
	"keyturn/engine"
	"keyturn/notify"
	"keyturn/notify/heartbeat"
)

// telling is how a process that serves tells people.
type telling struct {
	notifiers []notify.Notifier
	heartbeat *heartbeat.Heartbeat // nil = there is none
}

// teller is what notifiers are built on at this desk.
func (sh *shell) teller(r *reach, settings config.Config, log *slog.Logger) teller {
	return teller{reach: r, env: sh.env, now: sh.now, log: log, tenant: settings.Tenant}
}

// openTelling makes what the configuration names below notify, and fetches its secrets. All that isn't there is told at
// once, with its place in the file. Nobody is contacted yet.
func (sh *shell) openTelling(r *reach, settings config.Config, log *slog.Logger) (telling, error) {
	var t telling
	var errs []error
	for _, block := range settings.Notify.Notifiers {
		made, err := buildNotifier(block, sh.teller(r, settings, log))
		t.notifiers, errs = append(t.notifiers, made), append(errs, err)
	}
	beat, err := openHeartbeat(r, settings, sh.env)
	t.heartbeat = beat
	return t, allProblems(settings.Path, append(errs, err)...)
}

func openHeartbeat(r *reach, settings config.Config, env config.Environment) (*heartbeat.Heartbeat, error) {
	address, err := settings.Notify.Heartbeat.Address(env)
	if err != nil || address.IsZero() {
		return nil, err
	}
	made, err := heartbeat.New(address, r.session.Elsewhere())
	if err != nil {
		return nil, settings.Notify.Heartbeat.Fault(err)
	}
	return made, nil
}

// allProblems makes one error of those that speak of the configuration file; any other comes first.
func allProblems(path string, errs ...error) error {
	all := &config.Problems{File: path}
	for _, err := range errs {
		var told *config.Problems
		switch {
		case errors.As(err, &told):
			all.List = append(all.List, told.List...)
		case err != nil:
			return err
		}
	}
	if len(all.List) > 0 {
		return all
	}
	return nil
}

// checkNotify judges what stands below notify as far as its secrets are at hand, and says which aren't.
func (sh *shell) checkNotify(r *reach, settings config.Config) error {
	var missing []string
	env := func(name string) string {
		if value := sh.env(name); value != "" {
			return value
		}
		missing = append(missing, name)
		return ""
	}
	var errs []error
	for _, block := range settings.Notify.Notifiers {
		t := sh.teller(r, settings, slog.New(slog.DiscardHandler))
		t.env = env
		before := len(missing)
		if _, err := buildNotifier(block, t); len(missing) == before {
			errs = append(errs, err)
		}
	}
	before := len(missing)
	if _, err := openHeartbeat(r, settings, env); len(missing) == before {
		errs = append(errs, err)
	}
	for _, name := range missing {
		sh.say("keyturn: the variable %s isn't set here; keyturn serve needs it", name)
	}
	return allProblems(settings.Path, errs...)
}

// notifying is how the engine of a process that serves tells people.
func (s *service) notifying(t telling) engine.Notify {
	n := engine.Notify{On: s.settings.Notify.On(), Notifiers: t.notifiers, Own: s.ownWorry}
	if t.heartbeat != nil {
		n.Looked = func(ctx context.Context) {
			if err := t.heartbeat.Beat(ctx); err != nil {
				s.log.Warn("the heartbeat did not arrive; the next look sends the next", "error", err)
			}
		}
	}
	return n
}
