package entra

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/problem"
)

const (
	// ours is how near to one of our own sign-ins a use counts as that one: reports and clocks differ by some minutes.
	ours = 5 * time.Minute
	// kept is how far back the sign-in log reaches in every licence that has it, and mostLines how much of it is read.
	kept      = 30 * day
	mostLines = 20_000

	sourceReport = "credential activity report"
	sourceLog    = "sign-in log"
)

// auditRoles are the permissions that let the reports be read.
var auditRoles = []string{"AuditLog.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"}

// Usage reads which credentials of app were used: from the report of credential activity, which only the public cloud
// has, else from the sign-in log, which needs Entra ID P1 or P2. Without either, Source is "" and Reason says why.
//
// An app that other organisations use has no evidence here at all: their sign-ins are in their own tenants' reports. A use
// counts whichever object holds the credential; of the same one at several services the newest counts.
//
// A use counts as somebody else's when it was at another service than Microsoft Graph, where alone Keyturn's own proofs
// sign in, or when it is more than five minutes newer than every one in own.
func (i *Issuer) Usage(ctx context.Context, app credential.App, own []time.Time) (issuer.Usage, error) {
	if beyondHome(app) {
		return issuer.Usage{Reason: "other organisations or personal accounts sign in with this app, and their sign-ins " +
			"are in no report of this tenant"}, nil
	}
	self, err := i.session.Self(ctx)
	if err != nil {
		return issuer.Usage{}, err
	}
	if !self.User && !anyOf(self.Roles, auditRoles) {
		return issuer.Usage{Reason: "Keyturn's identity lacks AuditLog.Read.All of Microsoft Graph"}, nil
	}
	reader := reading{issuer: i, app: app, own: own}
	usage, err := reader.report(ctx)
	if usage.Source != "" || err != nil {
		return usage, err
	}
	return reader.log(ctx, usage.Reason)
}

// beyondHome reports whether secrets of an app may sign in in other tenants than this one. Those of a service principal
// whose app registration is elsewhere are valid here alone, whoever else uses that app.
func beyondHome(app credential.App) bool {
	return !app.Elsewhere && app.Audience != "" && app.Audience != "AzureADMyOrg"
}

// reading is one reading of the reports for one app.
type reading struct {
	issuer *Issuer
	app    credential.App
	own    []time.Time
}

func (r reading) report(ctx context.Context) (issuer.Usage, error) {
	if r.issuer.session.Hosts().Cloud != cloud.DefaultCloud {
		return issuer.Usage{Reason: "this cloud has no report of credential activity"}, nil
	}
	found, err := shared(ctx, r.issuer, "activities "+r.app.ClientID, r.activities)
	if err != nil {
		return without(sourceReport, err)
	}
	uses := map[string]issuer.Use{}
	for _, row := range found.rows {
		r.add(uses, row.KeyID, row.SignIn.Last.Time, elsewhere(row.Resource, found.graphID))
	}
	return issuer.Usage{Source: sourceReport, Uses: uses}, nil
}

// activities is the report for one app, and the id under which it names Microsoft Graph.
type activities struct {
	rows    []graph.Activity
	graphID string
}

func (r reading) activities(ctx context.Context) (found activities, err error) {
	both, asked := errgroup.WithContext(ctx)
	both.Go(func() (err error) { found.rows, err = r.issuer.rows(asked, r.app.ClientID); return err })
	both.Go(func() (err error) { found.graphID, err = r.issuer.graphResource(asked); return err })
	return found, both.Wait()
}

// without turns a refusal into the reason why there is no such report; what may pass stays an error.
func without(report string, err error) (issuer.Usage, error) {
	found := problem.Of(err)
	if found.Class == problem.Retry {
		return issuer.Usage{}, err
	}
	return issuer.Usage{Reason: "no " + report + ": " + found.Message}, nil
}

// log reads the sign-in log. before is why the better source is missing.
func (r reading) log(ctx context.Context, before string) (issuer.Usage, error) {
	unnamed, err := r.unnamed(ctx)
	if err == nil && unnamed {
		return issuer.Usage{Reason: join(before, "people sign in through this app, and the sign-in log doesn't say with which secret")}, nil
	}
	var uses map[string]issuer.Use
	if err == nil {
		uses, err = r.lines(ctx)
	}
	if err != nil {
		usage, err := without(sourceLog, err)
		usage.Reason = join(before, usage.Reason)
		return usage, err
	}
	if uses == nil {
		return issuer.Usage{Reason: join(before, "the sign-in log of this app is too long to be read whole")}, nil
	}
	return issuer.Usage{Source: sourceLog, Uses: uses}, nil
}

// lines reads the sign-ins of the app itself; nil when there are too many.
func (r reading) lines(ctx context.Context) (map[string]issuer.Use, error) {
	mine, err := r.issuer.graphResource(ctx)
	if err != nil {
		return nil, err
	}
	uses, count := map[string]issuer.Use{}, 0
	for line, err := range r.issuer.graph.SignIns(ctx, r.app.ClientID, graph.ByServicePrincipal, r.since()) {
		if err != nil {
			return nil, err
		}
		if count++; count > mostLines {
			return nil, nil //nolint:nilnil // "too many" is told by nil, see log
		}
		if line.Status.Code == 0 {
			r.add(uses, line.KeyID, line.Created.Time, elsewhere(line.Resource, mine))
		}
	}
	return uses, nil
}

// elsewhere reports whether a use was at another service than Microsoft Graph, which reports name by either id.
func elsewhere(resource, graphID string) bool {
	return !strings.EqualFold(resource, graphID) && !strings.EqualFold(resource, graph.AppID)
}

// unnamed reports whether people signed in through the app lately without the log naming the credential: such a
// sign-in may have used any of the secrets, and is evidence against retiring none of them by this log.
func (r reading) unnamed(ctx context.Context) (bool, error) {
	for line, err := range r.issuer.graph.SignIns(ctx, r.app.ClientID, graph.ByUserUnseen, r.since()) {
		if err != nil {
			return false, err
		}
		if line.KeyID == "" && line.Status.Code == 0 {
			return true, nil
		}
	}
	return false, nil
}

// since is as far back as the log reaches, so that no use after a delivery is missed.
func (r reading) since() time.Time { return r.issuer.session.Now().Add(-kept) }

// add notes one use. surely is true where it can't have been our own.
func (r reading) add(uses map[string]issuer.Use, keyID string, at time.Time, surely bool) {
	if keyID == "" || at.IsZero() {
		return
	}
	keyID = strings.ToLower(keyID)
	use := uses[keyID]
	if at.After(use.Last) {
		use.Last = at
	}
	if (surely || r.afterOwn(at)) && at.After(use.ByOthers) {
		use.ByOthers = at
	}
	uses[keyID] = use
}

// afterOwn reports whether at is too late to be any of our own sign-ins.
func (r reading) afterOwn(at time.Time) bool {
	for _, mine := range r.own {
		if !at.After(mine.Add(ours)) {
			return false
		}
	}
	return len(r.own) > 0
}

// graphResource returns the object id of Microsoft Graph in this tenant, by which reports name it. It is asked once.
func (i *Issuer) graphResource(ctx context.Context) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.resource == "" {
		id, err := i.graph.ServicePrincipalID(ctx, graph.AppID)
		if err != nil {
			return "", err
		}
		i.resource = id
	}
	return i.resource, nil
}

func join(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
}
