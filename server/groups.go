package server

import (
	"context"
	"slices"

	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server/access"
)

// Memberships knows which groups somebody is in whose token names none, because they are too many.
type Memberships interface {
	// Scope is the permission that somebody's token needs for it.
	Scope() string
	// Among returns those of some groups, by object id, that the person of a token is in.
	Among(ctx context.Context, token secret.Value, groups []string) ([]string, error)
}

const groupsFix = "have an administrator grant the console's app registration the delegated permission User.Read of Microsoft Graph (API " +
	"permissions, Grant admin consent), or give you an app role, which is named however many groups there are; serve.signIn.roles says which"

// hidden reports whether somebody is in more groups than a token names.
func (c claims) hidden() bool {
	_, left := c.Elsewhere["groups"]
	return left || len(c.HasGroups) > 0
}

// unnamed lists the groups that would give somebody more than they have, where their token says only that they are in too
// many. The address that comes with it is of a service that was retired, and isn't believed.
func (p *Provider) unnamed(said claims) []string {
	if p.Groups == nil || !said.hidden() {
		return nil
	}
	var groups []string
	has := p.highest(said.Roles)
	for value, role := range p.Roles {
		if role > has && cloud.IsGUID(value) {
			groups = append(groups, value)
		}
	}
	slices.Sort(groups)
	return groups
}

// unasked is why somebody isn't let in whose groups couldn't be asked for.
func unasked(person access.Person, err error) error {
	found := problem.Of(err)
	if found.Class == problem.Retry {
		return found
	}
	return problem.NeedsPerson("role.none", person.Name, "is in more groups than its token names, and which they are can't be asked: "+problem.Sentence(err), groupsFix)
}
