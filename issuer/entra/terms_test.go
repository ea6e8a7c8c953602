package entra_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"keyturn/cloud/cloudtest"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
)

const day = 24 * time.Hour

func rule(text string) string {
	return `{"id":"d","displayName":"Default","isEnabled":true,"applicationRestrictions":{"passwordCredentials":[` + text + `]},` +
		`"servicePrincipalRestrictions":{"passwordCredentials":[{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"P7D"}]}}`
}

func assigned(enabled, text string) string {
	return `{"value":[{"id":"a","displayName":"Strict","isEnabled":` + enabled + `,"restrictions":{"passwordCredentials":[` + text + `]}}]}`
}

func lifetime(life, more string) string {
	return `{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"` + life + `"` + more + `}`
}

func TestTermsAreWhatThePoliciesAllow(t *testing.T) {
	const none = `{"value":[]}`
	created := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		fallback, assigned string
		created            time.Time
		onPrincipal        bool
		want               issuer.Terms
	}{
		"no restriction":            {rule(""), none, created, false, issuer.Terms{Readable: true}},
		"a longest life":            {rule(lifetime("P90D", "")), none, created, false, issuer.Terms{Readable: true, MaxLifetime: 90 * day, Policy: "Default"}},
		"the shortest of two":       {rule(lifetime("P1Y", "") + "," + lifetime("P6M", "")), none, created, false, issuer.Terms{Readable: true, MaxLifetime: 180 * day, Policy: "Default"}},
		"a mixed length":            {rule(lifetime("P4DT12H30M5S", "")), none, created, false, issuer.Terms{Readable: true, MaxLifetime: 4*day + 12*time.Hour + 30*time.Minute + 5*time.Second, Policy: "Default"}},
		"a length nobody can read":  {rule(lifetime("ninety days", "")), none, created, false, issuer.Terms{Readable: true}},
		"passwords forbidden":       {rule(`{"restrictionType":"passwordAddition","state":"enabled"}`), none, created, false, issuer.Terms{Readable: true, Blocked: true, Policy: "Default"}},
		"forbidden but for some":    {rule(`{"restrictionType":"passwordAddition","state":"enabled","excludeActors":{"customSecurityAttributes":[]}}`), none, created, false, issuer.Terms{Readable: true, Policy: "Default"}},
		"own values forbidden":      {rule(`{"restrictionType":"customPasswordAddition","state":"enabled"},{"restrictionType":"symmetricKeyLifetime","state":"enabled","maxLifetime":"P1D"}`), none, created, false, issuer.Terms{Readable: true}},
		"a rule switched off":       {rule(`{"restrictionType":"passwordAddition","state":"disabled"}`), none, created, false, issuer.Terms{Readable: true}},
		"a rule for younger apps":   {rule(lifetime("P90D", `,"restrictForAppsCreatedAfterDateTime":"2025-01-01T00:00:00Z"`)), none, created, false, issuer.Terms{Readable: true}},
		"a rule for older apps too": {rule(lifetime("P90D", `,"restrictForAppsCreatedAfterDateTime":"2024-01-01T00:00:00Z"`)), none, created, false, issuer.Terms{Readable: true, MaxLifetime: 90 * day, Policy: "Default"}},
		"an app without a date":     {rule(lifetime("P90D", `,"restrictForAppsCreatedAfterDateTime":"2019-01-02T00:00:00Z"`)), none, time.Time{}, false, issuer.Terms{Readable: true}},
		"a date of 2018":            {rule(lifetime("P90D", `,"restrictForAppsCreatedAfterDateTime":"2018-12-31T00:00:00Z"`)), none, time.Time{}, false, issuer.Terms{Readable: true, MaxLifetime: 90 * day, Policy: "Default"}},
		"an assigned policy rules":  {rule(lifetime("P90D", "")), assigned("true", lifetime("P365D", "")), created, false, issuer.Terms{Readable: true, MaxLifetime: 365 * day, Policy: "Strict"}},
		"an assigned one, off":      {rule(lifetime("P90D", "")), assigned("false", lifetime("P1D", "")), created, false, issuer.Terms{Readable: true}},
		"the default is off":        {`{"isEnabled":false,"applicationRestrictions":{"passwordCredentials":[` + lifetime("P90D", "") + `]}}`, none, created, false, issuer.Terms{Readable: true}},
		"rules on principals":       {rule(""), none, created, true, issuer.Terms{Readable: true, MaxLifetime: 7 * day, Policy: "Default"}},
	} {
		t.Run(name, func(t *testing.T) {
			app := credential.App{ClientID: managed, ObjectID: "o", ServicePrincipalID: "s", Created: c.created}
			if c.onPrincipal {
				app.ObjectID = ""
			}
			i, _, _ := stand(t, cloudtest.Roles("Policy.Read.All"), told{"/defaultAppManagementPolicy": c.fallback, "/appManagementPolicies": c.assigned}, nil)
			if got, err := i.Terms(t.Context(), app); err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

// TestSymmetricKeysHaveRulesOfTheirOwn: two of an add-in's three credentials are such keys.
func TestSymmetricKeysHaveRulesOfTheirOwn(t *testing.T) {
	const forbidden = `{"restrictionType":"symmetricKeyAddition","state":"enabled"}`
	for name, c := range map[string]struct {
		rules string
		want  issuer.Terms
	}{
		"a rule on passwords":         {lifetime("P90D", ""), issuer.Terms{Readable: true}},
		"a longest life":              {`{"restrictionType":"symmetricKeyLifetime","state":"enabled","maxLifetime":"P30D"}`, issuer.Terms{Readable: true, MaxLifetime: 30 * day, Policy: "Default"}},
		"forbidden":                   {forbidden, issuer.Terms{Readable: true, Blocked: true, Policy: "Default"}},
		"forbidden, and switched off": {strings.Replace(forbidden, "enabled", "disabled", 1), issuer.Terms{Readable: true}},
	} {
		t.Run(name, func(t *testing.T) {
			i, _, _ := stand(t, cloudtest.Roles("Policy.Read.All"), told{"/defaultAppManagementPolicy": rule(c.rules), "/appManagementPolicies": `{"value":[]}`}, nil)
			if got, err := i.KeyTerms(t.Context(), managedApp()); err != nil || got != c.want {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestPoliciesThatCannotBeReadAreNoError(t *testing.T) {
	denied := `403 {"error":{"code":"Authorization_RequestDenied","message":"no"}}`
	for name, c := range map[string]struct {
		claims   cloudtest.Claims
		requests int64
	}{
		"the role is missing":        {cloudtest.Roles("Application.ReadWrite.OwnedBy"), 2},
		"a person who isn't allowed": {cloudtest.Claims{"scp": "User.Read"}, 4},
		"a grant that lags":          {cloudtest.Roles("Policy.Read.All"), 4},
	} {
		i, _, s := stand(t, c.claims, told{"olic": denied}, nil)
		if got, err := i.Terms(t.Context(), managedApp()); err != nil || got.Readable || s.Requests() > c.requests {
			t.Errorf("%s: %+v, %v after %d requests", name, got, err, s.Requests())
		}
	}
}

func TestPoliciesThatMayPassAreAnError(t *testing.T) {
	i, _, _ := stand(t, cloudtest.Roles("Policy.Read.All"), told{"olic": "429 "}, nil)
	if _, err := i.Terms(t.Context(), managedApp()); !problem.Is(err, problem.Throttled) {
		t.Errorf("%v", err)
	}
}

// A policy that was read a moment ago is read anew where the directory refuses a life by it.
func TestARefusedLifeHasThePolicyReadAgain(t *testing.T) {
	i, c, _ := stand(t, cloudtest.Roles("Policy.Read.All"), told{
		"/defaultAppManagementPolicy": `{"id":"p","isEnabled":false}`, "/appManagementPolicies": `{"value":[]}`,
		"/addPassword": `400 {"error":{"code":"CredentialInvalidLifetimeAsPerAppPolicy","message":"Credential lifetime exceeds the max value"}}`,
	}, nil)
	read := func() int {
		t.Helper()
		if _, err := i.Terms(t.Context(), managedApp()); err != nil {
			t.Fatal(err)
		}
		return c.Count("/defaultAppManagementPolicy")
	}
	first, second := read(), read()
	if first != 1 || second != 1 {
		t.Fatalf("read %d times: it isn't kept", second)
	}
	if _, err := i.Issue(t.Context(), managedApp(), issuer.Order{}); !errors.Is(err, issuer.ErrLifetime) {
		t.Fatal(err)
	}
	if read() != 2 {
		t.Error("a policy that has changed is still believed")
	}
}
