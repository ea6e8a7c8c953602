package main

import (
	"context"
	"fmt"

	"keyturn/renewal"
	"keyturn/store"
)

// once does what is due, and says what a person must attend to.
func (s *service) once(ctx context.Context) error {
	if err := s.engine.Once(ctx); err != nil {
		return err
	}
	waiting, err := s.attend(ctx)
	if err != nil {
		return err
	}
	if untold, err := untoldOf(ctx, s.store); err != nil {
		return err
	} else if untold != nil {
		waiting = true
		s.sh.say("%s\n  next: %s", untold.Text, untold.Fix)
	}
	if !waiting {
		return nil
	}
	return attention()
}

// attend tells of everything that waits for a person, and reports whether there is anything.
func (s *service) attend(ctx context.Context) (bool, error) {
	open, err := s.store.Runs(ctx, store.Filter{Open: true, Limit: 1_000_000})
	if err != nil {
		return false, fmt.Errorf("read the open runs: %w", err)
	}
	found, err := s.store.Findings(ctx)
	if err != nil {
		return false, err
	}
	waiting := false
	tell := func(app, text, fix string) {
		waiting = true
		s.sh.say("%s: %s\n  next: %s", app, text, fix)
	}
	begun := map[string]bool{}
	for _, run := range open {
		begun[run.App] = true
		if run.Door == renewal.Person {
			tell(run.App, run.Reason.Text, run.Reason.Fix)
		}
	}
	for _, finding := range found {
		if _, configured := s.settings.Find(finding.App); configured && !begun[finding.App] {
			tell(finding.App, finding.Text, finding.Fix)
		}
	}
	return waiting, nil
}
