package entra_test

import (
	"maps"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/check"
	"keyturn/cloud/cloudtest"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer/entra"
	"keyturn/problem"
)

const us = "33333333-3333-3333-3333-333333333333"

// healthy are the answers of a tenant in which nothing is missing.
func healthy() told {
	return told{
		"/owners": rows(`{"id":"` + us + `"}`), "/defaultAppManagementPolicy": rule(""), "/appManagementPolicies": rows(),
		report: rows(), service: `{"id":"` + graphSP + `"}`,
	}
}

func everyRole() []string {
	return []string{"Application.ReadWrite.OwnedBy", "Policy.Read.ApplicationConfiguration", "AuditLog.Read.All"}
}

func checksOf(t *testing.T, claims cloudtest.Claims, answers told, app credential.App) map[string]check.Check {
	t.Helper()
	i, _, _ := stand(t, claims, answers, nil)
	checks, err := i.Check(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]check.Check{}
	for _, c := range checks {
		if (c.OK && c.Unknown) || c.Message == "" || c.Subject == "" || (!c.OK && !c.Unknown && c.Fix == "") {
			t.Errorf("half a check: %+v", c)
		}
		found[c.ID] = c
	}
	return found
}

func TestNothingIsMissingInAHealthyTenant(t *testing.T) {
	for id, c := range checksOf(t, cloudtest.Roles(everyRole()...), healthy(), managedApp()) {
		if !c.OK || c.Warning || c.Code != "ok" {
			t.Errorf("%s: %+v", id, c)
		}
	}
}

func TestEachMissingThingIsToldWithItsFixAndGrant(t *testing.T) {
	full := managedApp()
	full.Audience = "AzureADandPersonalMicrosoftAccount"
	full.Credentials = []credential.Credential{{KeyID: "1", Kind: credential.Password}, {KeyID: "2", Kind: credential.Password}}
	own := managedApp()
	own.ClientID = cloudtest.Client
	alone := managedApp()
	alone.ServicePrincipalID = ""
	foreigner := managedApp()
	foreigner.ObjectID = ""

	for name, c := range map[string]struct {
		claims       cloudtest.Claims
		answers      told
		app          credential.App
		id, code     string
		warn, unsure bool
		grant        check.Grant
	}{
		"no role":                  {cloudtest.Roles("Policy.Read.All", "AuditLog.Read.All"), nil, managedApp(), "graph.role", "role.missing", false, false, check.Grant{Kind: check.GraphRole, Name: "Application.ReadWrite.OwnedBy"}},
		"not an owner":             {cloudtest.Roles(everyRole()...), told{"/owners": rows(`{"id":"somebody"}`)}, managedApp(), "graph.ownership", "ownership.missing", false, false, check.Grant{Kind: check.Ownership, Name: us, Scope: managedApp().ClientID}},
		"registered elsewhere":     {cloudtest.Roles(everyRole()...), nil, foreigner, "graph.ownership", "unknown", false, true, check.Grant{}},
		"our own app":              {cloudtest.Roles(everyRole()...), nil, own, "identity.self", "identity.self", false, false, check.Grant{}},
		"no service principal":     {cloudtest.Roles(everyRole()...), nil, alone, "app.principal", "principal.missing", false, false, check.Grant{}},
		"two passwords of two":     {cloudtest.Roles(everyRole()...), nil, full, "app.room", problem.Full, true, false, check.Grant{}},
		"passwords forbidden":      {cloudtest.Roles(everyRole()...), told{"/defaultAppManagementPolicy": rule(`{"restrictionType":"passwordAddition","state":"enabled"}`)}, managedApp(), "graph.policy", problem.Blocked, false, false, check.Grant{}},
		"policies can't be read":   {cloudtest.Roles("Application.ReadWrite.OwnedBy", "AuditLog.Read.All"), nil, managedApp(), "graph.policy", "unknown", false, true, check.Grant{}},
		"reports can't be read":    {cloudtest.Roles("Application.ReadWrite.OwnedBy", "Policy.Read.All"), nil, managedApp(), "graph.report", "report.missing", true, false, check.Grant{Kind: check.GraphRole, Name: "AuditLog.Read.All"}},
		"a person without a role":  {cloudtest.Claims{"scp": "Application.ReadWrite.All", "wids": []string{"b79fbf4d-3ef9-4689-8143-76b194e85509"}}, told{"/owners": rows()}, managedApp(), "person.role", "role.missing", false, false, check.Grant{}},
		"a person without consent": {cloudtest.Claims{"scp": "User.Read"}, nil, managedApp(), "person.consent", "consent.missing", false, false, check.Grant{}},
	} {
		t.Run(name, func(t *testing.T) {
			answers := healthy()
			maps.Copy(answers, c.answers)
			got := checksOf(t, c.claims, answers, c.app)[c.id]
			if got.Code != c.code || got.Warning != c.warn || got.Unknown != c.unsure || (got.OK != c.warn) {
				t.Errorf("%+v", got)
			}
			if c.grant.Kind != "" && !slices.ContainsFunc(got.Grants, func(g check.Grant) bool {
				return g.Kind == c.grant.Kind && g.Name == c.grant.Name && g.Scope == c.grant.Scope
			}) {
				t.Errorf("grants %+v, want %+v", got.Grants, c.grant)
			}
		})
	}
}

func TestAllAppsNeedNoOwnership(t *testing.T) {
	answers := healthy()
	delete(answers, "/owners")
	roles := append(everyRole(), "Application.ReadWrite.All")
	if got := checksOf(t, cloudtest.Roles(roles...), answers, managedApp())["graph.ownership"]; !got.OK {
		t.Errorf("%+v", got)
	}
}

func TestAClockThatIsOffIsTold(t *testing.T) {
	hour := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		cloudtest.Granting(cloudtest.Roles(everyRole()...), healthy().ServeHTTP)(w, r)
	}
	session := cloudtest.Start(t, http.HandlerFunc(hour)).Open(t, nil)
	checks, err := entra.New(session, graph.New(session)).Check(t.Context(), managedApp())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(checks, func(c check.Check) bool { return c.ID == "clock" && c.Code == "clock.skew" && c.Warning }) {
		t.Errorf("%+v", checks)
	}
}

// A plan asks for terms, usage and checks at once; what they have in common is read once.
func TestReadsUnderWayAreShared(t *testing.T) {
	together := make(chan struct{})
	var arrived atomic.Int32
	slowly := func(w http.ResponseWriter, r *http.Request) {
		// Policies (2), report, Graph's principal and owners: all are under way before one is answered.
		// Who joins a read leaves no sign, so the last of them get a moment.
		if arrived.Add(1) == 5 {
			time.AfterFunc(100*time.Millisecond, func() { close(together) })
		}
		select {
		case <-together:
		case <-r.Context().Done():
		}
		healthy().ServeHTTP(w, r)
	}
	i, c, _ := stand(t, cloudtest.Roles(everyRole()...), http.HandlerFunc(slowly), nil)
	var group errgroup.Group
	group.Go(func() error { _, err := i.Terms(t.Context(), managedApp()); return err })
	group.Go(func() error { _, err := i.Usage(t.Context(), managedApp(), nil); return err })
	group.Go(func() error { _, err := i.Check(t.Context(), managedApp()); return err })
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"defaultAppManagementPolicy", "/appManagementPolicies", report, "/servicePrincipals(", "/owners"} {
		if c.Count(path) != 1 {
			t.Errorf("%s was read %d times", path, c.Count(path))
		}
	}
}
