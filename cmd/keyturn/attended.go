package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyturn/check"
	"keyturn/cloud"
	"keyturn/config"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
)

// whoIs names an identity for the audit log: a person with how they signed in.
func whoIs(self cloud.Identity, way problem.Way) string {
	if way == "" {
		return self.Name
	}
	return self.Name + ", signed in by " + string(way)
}

// unattended opens what reaches the cloud without a person, beside a person's own sign-in; nil where the configuration
// has no such identity.
func (d *desk) unattended(ctx context.Context) (*reach, error) {
	if cloud.WayOf(d.settings.Identity) != "" {
		return nil, nil //nolint:nilnil // there is none
	}
	log, err := d.sh.log()
	if err != nil {
		return nil, err
	}
	return newReach(ctx, way(d.settings, log))
}

// finishing says who ends a renewal that a person's sign-in begins, once that has ended with its process; "" where no
// person signs in.
func (d *desk) finishing(ctx context.Context, app config.Application, order renewal.Order) string {
	if d.person == "" {
		return ""
	}
	again := problem.Attended("keyturn resume "+app.Name, string(d.person))
	who, err := d.finisher(ctx, app, order)
	if err != nil {
		return "what is left after this command needs a person's sign-in again: " + again + " (" + problem.Of(err).Message + ")"
	}
	return "what is left after this command is finished without a person by " + who + ", which has every right: keyturn serve, or keyturn resume " + app.Name
}

// finisher names the unattended identity, if that may finish such a renewal.
func (d *desk) finisher(ctx context.Context, app config.Application, order renewal.Order) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, aMoment)
	defer cancel()
	other, err := d.unattended(ctx)
	if err != nil {
		return "", err
	}
	if other == nil {
		return "", stage.NeedsSignIn(app.Name, "the configuration has none")
	}
	alone := *d
	alone.reach, alone.person = other, ""
	setup, err := alone.setup(ctx, app)
	if err != nil {
		return "", err
	}
	order.Person = string(d.person)
	return setup.Who, (&stage.Job{Setup: setup, Run: renewal.Run{Order: order}}).Admit(ctx)
}

// signIn signs in and says who we are. What refuses a person is told with what only somebody else may read: the name of
// the policy of Conditional Access.
func (d *desk) signIn(ctx context.Context) (cloud.Identity, error) {
	self, err := d.session.Self(ctx)
	var refusal *cloud.Refusal
	if err == nil || d.person == "" || !errors.As(err, &refusal) || len(refusal.Policies) == 0 {
		return self, err
	}
	told := *problem.Of(err)
	if names := d.policyNames(ctx, refusal.Policies); names != "" {
		told.Message += "; it is the policy " + names
	}
	return self, &told
}

// policyNames asks for them with the unattended identity, as far as there is one that may read them.
func (d *desk) policyNames(ctx context.Context, ids []string) string {
	ctx, cancel := context.WithTimeout(ctx, aMoment)
	defer cancel()
	other, err := d.unattended(ctx)
	if err != nil || other == nil {
		return ""
	}
	var names []string
	for _, id := range ids {
		if name, err := other.graph.AccessPolicyName(ctx, id); err == nil && name != "" {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	return strings.Join(names, ", ")
}

// aMoment is how long something may take that only makes a message better.
const aMoment = 10 * time.Second

// factor: Azure refuses every write by people who signed in without a second factor, but in China, so that a renewal of
// places there would stop half-way.
// Source: https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication (read 2026-11-22).
func (d *desk) factor(self cloud.Identity, app config.Application) []check.Check {
	const id = "signin.mfa"
	writes := slices.ContainsFunc(app.Targets, func(b config.Block) bool { return writesToAzure(b.Kind) })
	switch {
	case !self.User || !writes || d.session.Hosts().Cloud == "china":
		return nil
	case self.MFA:
		return []check.Check{check.Pass(id, self.Name, "signed in with a second factor")}
	}
	stop := problem.FindKnown("mfa.required").Stops(self.Name, "signed in without a second factor, and Azure refuses every change by such people", "")
	return []check.Check{check.Fail(id, stop.Subject, stop.Code, stop.Message, stop.Fix)}
}
