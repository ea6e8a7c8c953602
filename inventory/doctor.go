package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/target"
)

// Subject is one application to be examined, with what is needed to do so.
type Subject struct {
	Name     string // in the configuration
	ClientID string
	Issuer   issuer.Issuer
	Targets  []target.Target
	Policy   policy.Policy
	Memory   Memory
	// Vaults are those in which the application's certificate may lie.
	Vaults       []string
	Certificates CertificateReader // nil = certificates are judged by the directory alone
	Unconfirmed  []Finding         // places that nobody has confirmed or excluded
	Skew         time.Duration     // of this computer's clock, as last seen
	Now          time.Time
}

// CertificateReader reads the certificates of a vault; a *[Certificates] is one.
type CertificateReader interface {
	In(ctx context.Context, vault string) ([]VaultCertificate, error)
}

// tolerated is the difference of clocks up to which the local one is trusted.
const tolerated = 2 * time.Minute

// Examine gathers every precondition of the application's renewal, in the order in which a person mends them: clock,
// directory, policies, places in the configuration's order, other credentials, drift. What can't be read becomes a check
// that says so, never an error. It changes nothing. ctx ending is the one error.
func Examine(ctx context.Context, s Subject) ([]check.Check, error) {
	e := &examination{subject: s, checks: make([][]check.Check, 4+len(s.Targets)), standings: make([]*target.Standing, len(s.Targets))}
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() error { e.app(inner); return nil })
	group.Go(func() error { e.value(inner); return nil })
	for i, t := range s.Targets {
		group.Go(func() error { e.place(inner, i, t); return nil })
	}
	group.Go(func() error { e.certificates(inner); return nil })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("examine %s: %w", s.Name, err)
	}
	return e.result(), nil
}

// examination gathers what is read side by side. Each reading writes only its own slot.
type examination struct {
	subject   Subject
	found     *credential.App
	terms     *issuer.Terms
	checks    [][]check.Check // 0 clock and issuer, 1 policies, 2 places in general, then each place, last: vault certificates unread
	tried     []check.Check   // the value in use
	standings []*target.Standing
	vaults    []VaultCertificate
}

// app looks at the directory: the application, the issuer's own checks, the tenant's policies.
func (e *examination) app(ctx context.Context) {
	app, err := e.subject.Issuer.Look(ctx, e.subject.ClientID)
	if err != nil {
		e.checks[0] = append(e.rightsToRead(ctx, err), failure("app", e.subject.Name+" ("+e.subject.ClientID+")", err))
		return
	}
	e.found = &app
	if checker, ok := e.subject.Issuer.(issuer.Checker); ok {
		checks, err := checker.Check(ctx, app)
		if err != nil {
			checks = append(checks, failure("app.rights", app.Name, err))
		}
		e.checks[0] = checks
	}
	if reader, ok := e.subject.Issuer.(issuer.TermsReader); ok {
		terms, err := reader.Terms(ctx, app)
		if err != nil {
			e.checks[1] = one(failure("app.policies", app.Name, err))
			return
		}
		e.terms = &terms
	}
}

// rightsToRead says which rights reading the application takes, where that was refused.
func (e *examination) rightsToRead(ctx context.Context, refused error) []check.Check {
	checker, ok := e.subject.Issuer.(issuer.Checker)
	if !ok || !problem.Is(refused, problem.Denied) {
		return nil
	}
	checks, err := checker.Check(ctx, credential.App{ClientID: e.subject.ClientID, Name: e.subject.Name})
	if err != nil {
		return nil // the refusal itself is told
	}
	return checks
}

func (e *examination) place(ctx context.Context, i int, t target.Target) {
	slot := 3 + i
	if checker, ok := t.(target.Checker); ok {
		e.checks[slot] = checker.Check(ctx)
	}
	standing, err := t.Look(ctx)
	if err != nil {
		if len(check.Failed(e.checks[slot])) == 0 {
			e.checks[slot] = append(e.checks[slot], failure("place.look", t.Place().Title, err))
		}
		return
	}
	e.standings[i] = &standing
	if run := e.subject.Memory.Last; run.ID != "" && policy.KeepsPair(run, e.subject.Now) {
		if err := target.LostOld(ctx, t, run.Order.FoundIn(t.Place().ID)); err != nil {
			e.checks[slot] = append(e.checks[slot], failure("place.pair", t.Place().Title, err))
		}
	}
}

func (e *examination) certificates(ctx context.Context) {
	if e.subject.Certificates == nil {
		return
	}
	for _, name := range e.subject.Vaults {
		found, err := e.subject.Certificates.In(ctx, name)
		if err != nil {
			last := len(e.checks) - 1
			e.checks[last] = append(e.checks[last], check.Unsure("cert.vault", "vault "+name,
				"its certificates can't be read, so that one which the app doesn't know wouldn't show: "+problem.Of(err).Message))
			continue
		}
		e.vaults = append(e.vaults, found...)
	}
}

// result puts everything in order. It runs after all readings.
func (e *examination) result() []check.Check {
	s := e.subject
	if !told(e.checks[0], "clock") {
		e.checks[0] = append(clock(s.Skew), e.checks[0]...)
	}
	for _, c := range e.tried {
		if !slices.ContainsFunc(e.checks[0], func(told check.Check) bool { return told.Code == c.Code }) {
			e.checks[0] = append(e.checks[0], c)
		}
	}
	if e.terms != nil {
		e.checks[1] = policyCheck(s, *e.terms, told(e.checks[0], "graph.policy"))
	}
	e.checks[2] = places(s)
	last := len(e.checks) - 1
	if e.found != nil {
		e.checks[last] = append(CheckCertificates(*e.found, e.vaults, s.Now, s.Policy.RenewBefore.Of(s.Policy.Lifetime)), e.checks[last]...)
		e.checks[last] = append(e.checks[last], Drift(*e.found, s.Memory, e.standing(), s.Now)...)
	}
	return named(unique(slices.Concat(e.checks...)), s)
}

// named puts the application's name and its run's into fixes that speak of APP and RUN.
func named(checks []check.Check, s Subject) []check.Check {
	for i := range checks {
		checks[i].Fix = problem.Name(checks[i].Fix, s.Name, s.Memory.Last.ID)
	}
	return checks
}

// told reports whether the issuer has looked at that already.
func told(checks []check.Check, id string) bool {
	return slices.ContainsFunc(checks, func(c check.Check) bool { return c.ID == id })
}

func (e *examination) standing() map[string]target.Standing {
	found := map[string]target.Standing{}
	for i, standing := range e.standings {
		if standing != nil {
			found[e.subject.Targets[i].Place().ID] = *standing
		}
	}
	return found
}

func clock(skew time.Duration) []check.Check {
	if skew.Abs() <= tolerated {
		return one(check.Pass("clock", "this computer", "the clock agrees with Microsoft's"))
	}
	return one(check.Warn("clock", "this computer", ClockSkew,
		fmt.Sprintf("the clock is %s off Microsoft's, whose time is used instead", skew.Abs().Round(time.Second)), "set the clock by a time server"))
}

// policyCheck says what the tenant's policies make of the next password. Where the issuer has told what they allow, only
// what that means for the configured lifetime is left to say.
func policyCheck(s Subject, terms issuer.Terms, already bool) []check.Check {
	ending := policy.End(policy.Input{Now: s.Now, Policy: s.Policy, Terms: policy.Terms(terms)})
	switch {
	case ending.Cut:
		fix := ending.Fix
		if fix == "" {
			fix = "nothing to do; set lifetime to the tenant's limit to silence this"
		}
		return one(check.Warn("app.policies", s.Name, PolicyCut, ending.Text, fix))
	case already:
		return nil
	case ending.Blocked:
		return one(check.Fail("app.policies", s.Name, string(policy.EndBlocked), ending.Text, ending.Fix))
	case !terms.Readable:
		return one(check.Unsure("app.policies", s.Name, "the tenant's app management policies can't be read; a limit would show only when the secret is made"))
	}
	return one(check.Pass("app.policies", s.Name, "a new secret "+ending.Text))
}

// places judges the list of places as a whole.
func places(s Subject) []check.Check {
	var found []check.Check
	isCustodian := func(t target.Target) bool { _, ok := t.(target.Custodian); return ok }
	switch {
	case len(s.Targets) == 0:
		found = append(found, check.Fail("place", s.Name, NoPlace, "no place is configured", "run keyturn discover "+s.Name+" and add what it finds"))
	case !slices.ContainsFunc(s.Targets, isCustodian):
		found = append(found, check.Warn("place", s.Name, NoCustodian,
			"no configured place can give the value back: an interrupted renewal starts over with a new secret", "add a Key Vault secret as a place"))
	}
	for _, f := range s.Unconfirmed {
		found = append(found, check.Warn("place", f.Title, Unconfirmed, words[f.Kind]+": "+f.Why,
			"add it to the application's targets in keyturn.yaml, or to its exclude list: "+f.Resource))
	}
	return found
}

// Lingering lists the application's other credentials that are broken or end within renewBefore, after a renewal that
// leaves keep in use: what a person still has to see to. Certificates are judged by [CheckCertificates].
func Lingering(app credential.App, keep []string, now time.Time, renewBefore time.Duration) []check.Check {
	var found []check.Check
	for _, c := range app.Passwords() {
		kept := slices.ContainsFunc(keep, func(id string) bool { return strings.EqualFold(id, c.KeyID) })
		if !kept && StateOf(c, now, renewBefore) == Due {
			found = append(found, check.Warn("app.secrets", subjectOf(c), SecretExpiring,
				"ends on "+day(c.End)+" and isn't one that keyturn renews", "find out whether it is used; remove it, or renew it where it is used"))
		}
	}
	return found
}

// Grants gathers the rights that are missing.
func Grants(checks []check.Check) []check.Grant {
	var all []check.Grant
	for _, c := range checks {
		if !c.OK || c.Warning {
			all = append(all, c.Grants...)
		}
	}
	return all
}

// failure is what a reading that failed looks like as a check.
func failure(id, subject string, err error) check.Check {
	p := problem.Of(err)
	if p.Subject != "" {
		subject = p.Subject
	}
	fix := p.Fix
	if fix == "" && p.Class == problem.Retry {
		fix = "try again in a while"
	}
	return check.Fail(id, subject, p.Code, p.Message, fix)
}

// unique drops what two readings said alike, and keeps the order.
func unique(checks []check.Check) []check.Check {
	type key struct{ id, subject, code, message string }
	seen := map[key]bool{}
	return slices.DeleteFunc(checks, func(c check.Check) bool {
		k := key{c.ID, c.Subject, c.Code, c.Message}
		again := seen[k]
		seen[k] = true
		return again
	})
}
