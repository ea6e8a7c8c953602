package entra

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/problem"
)

// unborn is when an app without a creation time counts as created.
// Source: https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy (read 2026-11-22).
var unborn = time.Date(2019, time.January, 1, 0, 0, 0, 0, time.UTC)

// policyRoles are the permissions that let the policies be read.
var policyRoles = []string{
	"Policy.Read.ApplicationConfiguration", "Policy.ReadWrite.ApplicationConfiguration", "Policy.Read.All",
}

// Terms reads what the tenant's app management policies allow for new passwords of app.
func (i *Issuer) Terms(ctx context.Context, app credential.App) (issuer.Terms, error) {
	return i.termsOf(ctx, app, passwords)
}

// KeyTerms is Terms for new symmetric keys, which the same policies restrict by rules of their own.
func (i *Issuer) KeyTerms(ctx context.Context, app credential.App) (issuer.Terms, error) {
	return i.termsOf(ctx, app, symmetricKeys)
}

// ruled names the two restrictions on one kind of credential, in lower case.
// Source: https://learn.microsoft.com/graph/api/resources/passwordcredentialconfiguration (read 2026-11-25).
type ruled struct{ addition, lifetime string }

var (
	passwords     = ruled{"passwordaddition", "passwordlifetime"}
	symmetricKeys = ruled{"symmetrickeyaddition", "symmetrickeylifetime"}
)

func (i *Issuer) termsOf(ctx context.Context, app credential.App, of ruled) (issuer.Terms, error) {
	self, err := i.session.Self(ctx)
	if err != nil {
		return issuer.Terms{}, err
	}
	if !self.User && !anyOf(self.Roles, policyRoles) {
		return issuer.Terms{}, nil
	}
	standing, err := shared(ctx, i, "policies "+app.ClientID, func(ctx context.Context) (standing, error) {
		return i.policies(ctx, app)
	})
	if problem.Is(err, problem.Denied) {
		return issuer.Terms{}, nil
	}
	if err != nil {
		return issuer.Terms{}, err
	}
	return standing.terms(app, of), nil
}

// standing is the one policy that counts for an app.
type standing struct {
	policy       graph.Policy
	restrictions graph.Restrictions
}

// policies reads the default and what is assigned to the app, side by side. An assigned policy replaces the default.
func (i *Issuer) policies(ctx context.Context, app credential.App) (standing, error) {
	on := holderOf(app)
	var fallback graph.Policy
	var assigned []graph.Policy
	both, asked := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		fallback, err = i.fallback.get(asked, i.session.Now, policyLife, i.graph.DefaultPolicy)
		return err
	})
	both.Go(func() (err error) { assigned, err = i.graph.AssignedPolicies(asked, on); return err })
	if err := both.Wait(); err != nil {
		return standing{}, err
	}
	if len(assigned) > 0 {
		return standing{assigned[0], assigned[0].Assigned}, nil
	}
	if on.Kind == credential.OnServicePrincipal {
		return standing{fallback, fallback.ServicePrincipal}, nil
	}
	return standing{fallback, fallback.Application}, nil
}

// terms reduces a policy to what counts for one kind of credential. Rules on passwords that callers choose themselves
// never do: addPassword has the directory draw the value.
func (s standing) terms(app credential.App, of ruled) issuer.Terms {
	terms := issuer.Terms{Readable: true}
	if !s.policy.Enabled {
		return terms
	}
	for _, rule := range s.restrictions.Passwords {
		if !concerns(rule, app.Created) {
			continue
		}
		switch strings.ToLower(rule.Type) {
		case of.addition:
			// Callers may be exempted, by attributes that can't be read here: then it is known only when tried.
			terms.Blocked = terms.Blocked || rule.Except == nil
			terms.Policy = named(s.policy)
		case of.lifetime:
			if limit := duration(rule.MaxLifetime); limit > 0 && (terms.MaxLifetime == 0 || limit < terms.MaxLifetime) {
				terms.MaxLifetime, terms.Policy = limit, named(s.policy)
			}
		}
	}
	return terms
}

// concerns reports whether a rule is on and reaches an app created then.
func concerns(rule graph.Restriction, created time.Time) bool {
	if strings.EqualFold(rule.State, "disabled") {
		return false
	}
	if created.IsZero() {
		created = unborn
	}
	return rule.CreatedAfter == nil || !created.Before(*rule.CreatedAfter)
}

func named(p graph.Policy) string {
	if p.DisplayName == "" {
		return p.ID
	}
	return p.DisplayName
}

// anyOf reports whether held has one of wanted.
func anyOf(held, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(role string) bool { return slices.Contains(held, role) })
}
