package entra

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/check"
	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/person"
	"keyturn/problem"
)

// The permissions of Microsoft Graph that let passwords be written: on owned apps only, or on all.
const (
	roleOwned = "Application.ReadWrite.OwnedBy"
	roleAll   = "Application.ReadWrite.All"
	roleAudit = "AuditLog.Read.All"
)

// Check looks at every precondition on the directory's side of a renewal of app. It reads only. Of an app that could not be
// read, whose client id is all that is known, it tells what is missing to read it.
func (i *Issuer) Check(ctx context.Context, app credential.App) ([]check.Check, error) {
	self, err := i.session.Self(ctx)
	if err != nil {
		return nil, err
	}
	e := &examination{issuer: i, self: self, app: app, subject: title(app)}
	if app.ObjectID == "" && app.ServicePrincipalID == "" {
		return e.blind(ctx)
	}
	asked := make([]check.Check, 3)
	group, looking := errgroup.WithContext(ctx)
	for n, look := range []func(context.Context) (check.Check, error){e.ownership, e.policy, e.report} {
		group.Go(func() (err error) { asked[n], err = look(looking); return err })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	checks := []check.Check{e.notSelf(), e.principal(), e.room(), e.clock()}
	rights := []check.Check{e.role()}
	if self.User {
		if rights, err = person.Check(ctx, i.graph, self, e.owns); err != nil {
			return nil, err
		}
	}
	return slices.Concat(rights, checks, asked), nil
}

// blind tells what is missing to read an app.
func (e *examination) blind(ctx context.Context) ([]check.Check, error) {
	rights := []check.Check{e.role()}
	if e.self.User {
		var err error
		if rights, err = person.Check(ctx, e.issuer.graph, e.self, false); err != nil {
			return nil, err
		}
	}
	return append(rights, e.notSelf(), e.clock(), e.unread()), nil
}

// examination is one round of checks on one app.
type examination struct {
	issuer  *Issuer
	self    cloud.Identity
	app     credential.App
	subject string
	owns    bool // the identity owns the app registration; known once ownership was looked at
}

// role: the token must carry a permission to write apps.
func (e *examination) role() check.Check {
	const id = "graph.role"
	for _, role := range []string{roleAll, roleOwned} {
		if slices.Contains(e.self.Roles, role) {
			return check.Pass(id, e.subject, e.self.Name+" has "+role)
		}
	}
	return check.Fail(id, e.subject, "role.missing",
		e.self.Name+" has no permission of Microsoft Graph to write app registrations",
		"grant the application permission "+roleOwned+" of Microsoft Graph to "+e.self.Name+", with admin consent",
		check.Grant{Kind: check.GraphRole, Name: roleOwned})
}

// notSelf: the app that Keyturn itself runs as can't be renewed by it, since one fault would lock both out.
func (e *examination) notSelf() check.Check {
	const id = "identity.self"
	if !strings.EqualFold(e.self.ClientID, e.app.ClientID) || e.self.User {
		return check.Pass(id, e.subject, "Keyturn runs as another identity")
	}
	return check.Fail(id, e.subject, "identity.self", "this is the app that Keyturn itself signs in with",
		"let Keyturn run as another identity; a managed or workload identity has no secret to renew")
}

// principal: without a service principal nobody can sign in, so that no new secret could ever be proven.
func (e *examination) principal() check.Check {
	const id = "app.principal"
	if e.app.ServicePrincipalID != "" {
		return check.Pass(id, e.subject, "the app has a service principal in this tenant")
	}
	return check.Fail(id, e.subject, "principal.missing", "the app has no service principal in this tenant, so that nobody can sign in with it",
		"create it: az ad sp create --id "+e.app.ClientID)
}

// room: an app for personal accounts holds two passwords at most, so that with two there is no overlap.
func (e *examination) room() check.Check {
	const id = "app.room"
	limit := e.app.MaxPasswords()
	if limit == 0 || len(e.app.Passwords()) < limit {
		return check.Pass(id, e.subject, "there is room for a new password")
	}
	return check.Warn(id, e.subject, problem.Full,
		fmt.Sprintf("the app lets personal accounts sign in and holds its %d passwords already: one must go before a new one can be made", limit),
		"remove the password that nothing uses, or name it when the renewal asks")
}

// clock: dates are decided by the cloud's clock; a local one that is off is worth mending all the same.
func (e *examination) clock() check.Check {
	const id = "clock"
	skew := e.issuer.session.Skew()
	if skew.Abs() <= 2*time.Minute {
		return check.Pass(id, "this machine", "the clock agrees with Microsoft's")
	}
	way := "behind"
	if skew < 0 {
		way = "ahead of"
	}
	return check.Warn(id, "this machine", "clock.skew",
		fmt.Sprintf("the clock is %s %s Microsoft's; Keyturn goes by Microsoft's", skew.Abs().Round(time.Second), way),
		"set this machine's clock")
}

// ownership: the smaller permission reaches only what the caller owns.
func (e *examination) ownership(ctx context.Context) (check.Check, error) {
	const id = "graph.ownership"
	switch {
	case !e.self.User && slices.Contains(e.self.Roles, roleAll):
		return check.Pass(id, e.subject, "not needed with "+roleAll), nil
	case e.app.ObjectID == "" && e.self.User:
		return check.Pass(id, e.subject, "the app has no registration in this tenant; a directory role reaches its service principal as well"), nil
	case e.app.ObjectID == "":
		return check.Unsure(id, e.subject, "the app has no registration in this tenant; whether its service principal may be changed shows when tried"), nil
	}
	owners, err := e.issuer.graph.Owners(ctx, e.app.ObjectID)
	if problem.Is(err, problem.Denied) {
		return check.Unsure(id, e.subject, "the owners can't be read"), nil
	}
	if err != nil {
		return check.Check{}, err
	}
	if e.owns = slices.Contains(owners, e.self.ObjectID); e.owns {
		return check.Pass(id, e.subject, e.self.Name+" owns the app registration"), nil
	}
	return e.notOwner(id), nil
}

// unread: nobody knows yet whether the smaller permission will do, and being an owner too does no harm.
func (e *examination) unread() check.Check {
	unsure := check.Unsure("graph.ownership", e.subject, "whether "+e.self.Name+" owns the app registration can't be read yet")
	if !e.self.User && !slices.Contains(e.self.Roles, roleAll) {
		unsure.Grants = []check.Grant{{Kind: check.Ownership, Name: e.self.ObjectID, Scope: e.app.ClientID}}
	}
	return unsure
}

func (e *examination) notOwner(id string) check.Check {
	if e.self.User {
		return check.Pass(id, e.subject, e.self.Name+" doesn't own the app registration; a directory role does as well")
	}
	return check.Fail(id, e.subject, "ownership.missing",
		e.self.Name+" doesn't own the app registration, and "+roleOwned+" reaches only what it owns",
		"add the service principal "+e.self.ObjectID+" to the owners of the app registration (az ad app owner add)",
		check.Grant{Kind: check.Ownership, Name: e.self.ObjectID, Scope: e.app.ClientID})
}

// policy: the tenant may forbid passwords, or long lives.
func (e *examination) policy(ctx context.Context) (check.Check, error) {
	const id = "graph.policy"
	terms, err := e.issuer.Terms(ctx, e.app)
	if err != nil {
		return check.Check{}, err
	}
	return e.policyCheck(id, terms), nil
}

func (e *examination) policyCheck(id string, terms issuer.Terms) check.Check {
	switch {
	case !terms.Readable:
		unsure := check.Unsure(id, e.subject, "the tenant's app management policies can't be read; what they forbid shows when tried")
		unsure.Fix = "to know beforehand, grant Policy.Read.ApplicationConfiguration of Microsoft Graph"
		return unsure
	case terms.Blocked:
		return check.Fail(id, e.subject, problem.Blocked, "the policy "+terms.Policy+" forbids new passwords on this app",
			"have an exception made for this app in the policy "+terms.Policy+", or use a certificate or a federated credential")
	case terms.MaxLifetime > 0:
		return check.Pass(id, e.subject, fmt.Sprintf("the policy %s allows passwords of up to %d days", terms.Policy, int(terms.MaxLifetime/day)))
	}
	return check.Pass(id, e.subject, "no policy limits new passwords")
}

// report: evidence of use lets the old password be removed rather than left to expire.
func (e *examination) report(ctx context.Context) (check.Check, error) {
	const id = "graph.report"
	usage, err := e.issuer.Usage(ctx, e.app, nil)
	if err != nil {
		return check.Check{}, err
	}
	if usage.Source != "" {
		return check.Pass(id, e.subject, "the "+usage.Source+" tells which credential is used"), nil
	}
	warning := check.Warn(id, e.subject, "report.missing", "nothing tells which credential is used: "+usage.Reason,
		"without it the old password is left to expire on its own date")
	if e.self.User {
		warning.Fix = "a person needs the directory role Reports Reader for it, besides consent for " + roleAudit + "; " + warning.Fix
	}
	if !e.self.User && !anyOf(e.self.Roles, auditRoles) && !beyondHome(e.app) {
		warning.Fix = "grant " + roleAudit + " of Microsoft Graph to " + e.self.Name + "; " + warning.Fix
		warning.Grants = []check.Grant{{Kind: check.GraphRole, Name: roleAudit}}
	}
	return warning, nil
}
