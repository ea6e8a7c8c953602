package stage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
)

// reading is everything a plan is decided from, as read at one time.
type reading struct {
	app         credential.App
	terms       issuer.Terms
	usage       issuer.Usage
	checks      []check.Check
	custodian   string          // target id; "" = none
	unread      string          // why a place that could be one couldn't be read
	standing    target.Standing // of the custodian
	value       secret.Value    // what the custodian holds; never kept beyond the plan
	signsIn     bool
	tried       []check.Check // what a person must mend before any value can sign in
	recurrences []time.Duration
	targets     [][]check.Check // by target, so that the order is the configuration's
	mu          sync.Mutex
}

// read asks the directory, the reports and every place at once; only the proof by sign-in must wait for the custodian.
func read(ctx context.Context, s Setup, r Request) (*reading, error) {
	seen := &reading{targets: make([][]check.Check, len(s.Targets))}
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { return seen.readApp(inner, s) })
	group.Go(func() error { return seen.readCustodian(inner, s, r) })
	for i, t := range s.Targets {
		if checker, ok := t.(target.Checker); ok {
			group.Go(func() error { seen.targets[i] = checker.Check(inner); return nil })
		}
		if recurring, ok := t.(target.Recurring); ok {
			group.Go(func() error { return seen.readRecurrence(inner, t.Place(), recurring) })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	seen.checks = slices.Concat(append([][]check.Check{s.Checks, seen.checks, seen.tried}, seen.targets...)...)
	return seen, nil
}

func (seen *reading) readApp(ctx context.Context, s Setup) error {
	app, err := s.Issuer.Look(ctx, s.ClientID)
	if err != nil {
		return fmt.Errorf("look at the app registration: %w", err)
	}
	seen.app = app
	group, ctx := errgroup.WithContext(ctx)
	if reader, ok := s.Issuer.(issuer.TermsReader); ok {
		group.Go(func() (err error) { seen.terms, err = reader.Terms(ctx, app); return err })
	}
	if reader, ok := s.Issuer.(issuer.UsageReader); ok {
		group.Go(func() (err error) { seen.usage, err = reader.Usage(ctx, app, nil); return err })
	}
	if checker, ok := s.Issuer.(issuer.Checker); ok {
		group.Go(func() (err error) { seen.checks, err = checker.Check(ctx, app); return err })
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("read what decides a renewal: %w", err)
	}
	return nil
}

// readCustodian finds the first place that can give a value back, reads it, and tries it. An empty place is a custodian
// too; one that can't be read is not.
func (seen *reading) readCustodian(ctx context.Context, s Setup, r Request) error {
	for _, t := range s.Targets {
		custodian, ok := t.(target.Custodian)
		if !ok {
			continue
		}
		value, standing, err := custodian.Current(ctx)
		if err != nil && !problem.Is(err, problem.NotFound) {
			if problem.Of(err).Class == problem.Retry {
				return fmt.Errorf("read %s: %w", custodian.Place().Title, err)
			}
			seen.unread = problem.Of(err).Error() // its own Check says why too, unless the trouble was of that moment
			continue
		}
		seen.custodian, seen.standing, seen.value = custodian.Place().ID, standing, value
		return seen.tryValue(ctx, s, r)
	}
	return nil
}

func (seen *reading) tryValue(ctx context.Context, s Setup, r Request) error {
	if seen.value.IsZero() {
		return nil
	}
	if r.Proven != nil && r.Proven(seen.custodian, seen.standing) {
		seen.signsIn = true
		return nil
	}
	err := s.Issuer.SignIn(ctx, s.ClientID, seen.value)
	switch found := problem.Of(err); {
	case err == nil:
		seen.signsIn = true
	case found.Code == problem.SignIn:
	case found.Class == problem.Person:
		seen.tried = []check.Check{check.Fail("credential.value", found.Subject, found.Code, found.Message, found.Fix)}
	default:
		return fmt.Errorf("try the value in use: %w", err)
	}
	return nil
}

func (seen *reading) readRecurrence(ctx context.Context, place target.Place, recurring target.Recurring) error {
	every, err := recurring.Recurrence(ctx)
	if err != nil && problem.Of(err).Class == problem.Retry {
		return fmt.Errorf("read how often %s is used: %w", place.Title, err)
	}
	if every > 0 {
		seen.mu.Lock()
		seen.recurrences = append(seen.recurrences, every)
		seen.mu.Unlock()
	}
	return nil
}

// input hands what was read to the rules.
func (seen *reading) input(s Setup, r Request, now time.Time) policy.Input {
	held := policy.Held{Read: !seen.value.IsZero(), Hint: seen.value.Hint(), SignsIn: seen.signsIn, Unread: seen.unread}
	if r.Delivered != nil && held.Read {
		held.KeyID = r.Delivered(seen.custodian, seen.standing.Receipt)
	}
	var linger time.Duration
	if paced, ok := s.Issuer.(issuer.Paced); ok && !r.Emergency {
		linger = paced.Pace().Linger
	}
	return policy.Input{
		Linger: linger,
		Now:    now, Policy: s.Policy, Excluded: s.Excluded, App: seen.app, Held: held, Replace: r.Replace,
		Usage: usageOf(seen.usage), Terms: policy.Terms(seen.terms), Recurrences: seen.recurrences,
	}
}
