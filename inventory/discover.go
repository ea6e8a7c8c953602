package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keyturn/credential"
)

// Finder finds where an application's secret is used. It only reads.
type Finder struct {
	Resources Resources
	Vaults    Vaults
}

// Query says what to look for, and where.
type Query struct {
	App credential.App // as the directory tells it now
	// Scopes are ids of subscriptions or resource groups to look through; none = all that this identity can see.
	Scopes []string
	// Vaults are names of Key Vaults to look into besides those that the findings lead to.
	Vaults []string
	// Values allows the values of Key Vault secrets that are named like an app's secret to be read, so that their first
	// three characters can be compared with what the directory shows. They are compared and forgotten.
	Values bool
}

// Discover looks for every place that holds the application's secret, in this order: connections whose client id shows,
// Key Vault secrets, connections whose client id doesn't show, Automation variables. What couldn't be read is a note,
// not an error; it fails only when nothing at all can be said. The same tenant gives the same report.
func (f Finder) Discover(ctx context.Context, q Query) (Report, error) {
	seen, err := survey(ctx, f.Resources, q.Scopes)
	if err != nil {
		return Report{}, err
	}
	d := &discovery{finder: f, query: q, seen: seen}
	d.connectionsThatShow()
	if err := d.vaultSecrets(ctx); err != nil {
		return Report{}, err
	}
	d.connectionsThatHide()
	if err := d.variables(ctx); err != nil {
		return Report{}, err
	}
	order(d.findings)
	return Report{App: q.App, Findings: d.findings, Notes: seen.notes}, nil
}

// discovery is one look for one application.
type discovery struct {
	finder   Finder
	query    Query
	seen     *landscape
	findings []Finding
}

// anchors are the resource groups that surely or probably have to do with the application, in lower case.
func (d *discovery) anchors() []string {
	var groups []string
	for _, f := range d.findings {
		if group := groupOf(f.Resource); group != "" && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	return groups
}

// connectionsThatShow takes the connections that name the application.
func (d *discovery) connectionsThatShow() {
	for _, c := range d.seen.connections {
		if c.signsInBy() == byApplication && strings.EqualFold(c.clientID(), d.query.App.ClientID) {
			d.addConnection(c, Sure, "it signs in with this application's client ID")
		}
	}
}

// connectionsThatHide takes those that sign in with a secret of which nothing shows, where a logic app of a group that has
// to do with the application uses them. Without any such group there is nothing to tell by, and all of them are taken.
func (d *discovery) connectionsThatHide() {
	anchors := d.anchors()
	for _, c := range d.seen.connections {
		if c.signsInBy() != byUnknown {
			continue
		}
		users := d.seen.users(c.ID)
		switch {
		case len(users) == 0:
		case len(anchors) == 0:
			d.addConnection(c, Candidate, "client ID unreadable: it signs in with a secret, and nothing tells whose")
		case slices.Contains(anchors, c.group()) || usedIn(users, anchors):
			d.addConnection(c, Candidate, "client ID unreadable: it signs in with a secret and is used by a logic app beside this application's places")
		}
	}
}

func usedIn(users []Consumer, groups []string) bool {
	return slices.ContainsFunc(users, func(c Consumer) bool { return slices.Contains(groups, groupOf(c.Resource)) })
}

func (d *discovery) addConnection(c connection, confidence Confidence, why string) {
	vault := ""
	if c.api() == "keyvault" {
		vault = d.vaultOf(c)
	}
	f := Finding{
		Kind: KindConnection, Title: c.name(), Resource: c.ID, API: c.api(), Confidence: confidence, Why: why,
		Block: c.block(vault), Consumers: d.seen.users(c.ID),
	}
	if c.api() == "keyvault" && vault == "" {
		f.Notes = append(f.Notes, "the vault that it works with doesn't show: add vaultName below parameters")
	}
	if len(f.Consumers) == 0 {
		f.Notes = append(f.Notes, "no logic app that this identity can read uses it")
	}
	d.findings = append(d.findings, f)
}

// vaultOf is the vault that a Key Vault connection shows, else the only vault found so far or in its group.
func (d *discovery) vaultOf(c connection) string {
	if shown := c.vaultName(); shown != "" {
		return shown
	}
	var names []string
	for _, f := range d.findings {
		if f.Kind == KindVault && groupOf(f.Resource) == c.group() && !slices.Contains(names, vaultOfSecret(f.Resource)) {
			names = append(names, vaultOfSecret(f.Resource))
		}
	}
	if len(names) == 0 {
		for _, v := range d.seen.vaults {
			if groupOf(v.ID) == c.group() {
				names = append(names, v.Name)
			}
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	return ""
}

// note keeps what couldn't be looked at.
func (d *discovery) note(format string, args ...any) { d.seen.note(fmt.Sprintf(format, args...)) }
