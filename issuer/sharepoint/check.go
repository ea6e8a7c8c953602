package sharepoint

import (
	"context"
	"fmt"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/target"
)

// checkACS asks whether a new secret could be used at all.
func (i *Issuer) checkACS(ctx context.Context) check.Check {
	const id = "acs.standing"
	realm, err := i.acs.Realm(ctx, i.site)
	if err == nil {
		err = i.acs.Standing(ctx, realm.ID)
	}
	if err != nil {
		return target.Failed(id, i.site.String(), err)
	}
	return check.Pass(id, i.site.String(), "the site trusts Azure ACS, which knows the tenant")
}

// checkUnits warns of passwords that are no add-in's secret, because their keys are missing.
func (*Issuer) checkUnits(app credential.App) check.Check {
	const id = "addin.keys"
	for _, c := range app.Passwords() {
		if c.Lacks != "" {
			return check.Warn(id, "secret "+c.KeyID, "addin.keys", "it lacks "+c.Lacks+", so ACS doesn't use it as an add-in's",
				"nothing, if it is meant for Entra; else renew the add-in")
		}
	}
	return check.Pass(id, "app "+app.Name, "every secret has its two keys")
}

// checkKeyPolicy says where policies forbid the two keys, or let them live less long; whether they can be read at all is told by
// the directory's own check.
func checkKeyPolicy(app credential.App, terms issuer.Terms) []check.Check {
	const id = "addin.policy"
	subject := "app " + app.Name
	switch {
	case terms.Blocked:
		return []check.Check{check.Fail(id, subject, problem.Blocked,
			"the policy "+terms.Policy+" forbids new symmetric keys on this app, and an add-in's secret has two",
			"have an exception made for this app in the policy "+terms.Policy+", or leave ACS: keyturn advise APP")}
	case terms.MaxLifetime > 0:
		return []check.Check{check.Pass(id, subject, fmt.Sprintf("the policy %s allows symmetric keys of up to %d days", terms.Policy, int(terms.MaxLifetime/day)))}
	}
	return nil
}
