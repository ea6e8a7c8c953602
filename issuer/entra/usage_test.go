package entra_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/issuer"
	"keyturn/problem"
)

func at(hour int) time.Time { return time.Date(2026, 11, 20, hour, 0, 0, 0, time.UTC) }

func row(key, resource string, when time.Time) string {
	return fmt.Sprintf(`{"keyId":%q,"resourceId":%q,"signInActivity":{"lastSignInDateTime":%q}}`, key, resource, when.Format(time.RFC3339))
}

func rows(all ...string) string { return `{"value":[` + strings.Join(all, ",") + `]}` }

const (
	report    = "/beta/reports/appCredentialSignInActivities"
	signInLog = "/beta/auditLogs/signIns"
	byPeople  = "signInEventTypes/any(t: t eq 'nonInteractiveUser')"
	service   = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
)

func reader() cloudtest.Claims { return cloudtest.Roles("AuditLog.Read.All") }

func TestUsesAreToldApartFromOurOwn(t *testing.T) {
	for name, c := range map[string]struct {
		rows string
		own  []time.Time
		want issuer.Use
	}{
		"another service":               {rows(row("K1", elsewhere, at(8))), nil, issuer.Use{Last: at(8), ByOthers: at(8)}},
		"graph, when we signed in":      {rows(row("K1", graphSP, at(8))), []time.Time{at(8)}, issuer.Use{Last: at(8)}},
		"graph, by its client id":       {rows(row("K1", "00000003-0000-0000-C000-000000000000", at(8))), []time.Time{at(9)}, issuer.Use{Last: at(8)}},
		"graph, minutes after us":       {rows(row("K1", graphSP, at(8).Add(4*time.Minute))), []time.Time{at(8)}, issuer.Use{Last: at(8).Add(4 * time.Minute)}},
		"graph, long after all of us":   {rows(row("K1", graphSP, at(9))), []time.Time{at(7), at(8)}, issuer.Use{Last: at(9), ByOthers: at(9)}},
		"graph, between two of our own": {rows(row("K1", graphSP, at(8))), []time.Time{at(7), at(9)}, issuer.Use{Last: at(8)}},
		"graph, ours unknown":           {rows(row("K1", graphSP, at(8))), nil, issuer.Use{Last: at(8)}},
		"both, the newest of each":      {rows(row("K1", graphSP, at(9)), row("k1", elsewhere, at(6)), row("k1", elsewhere, at(7))), []time.Time{at(9)}, issuer.Use{Last: at(9), ByOthers: at(7)}},
		"a time that can't be read":     {`{"value":[{"keyId":"k1","resourceId":"r","signInActivity":{"lastSignInDateTime":"2021-03-18T00:00:00-8:00"}}]}`, nil, issuer.Use{}},
	} {
		t.Run(name, func(t *testing.T) {
			i, _, _ := stand(t, reader(), told{report: c.rows, service: `{"id":"` + graphSP + `"}`}, nil)
			usage, err := i.Usage(t.Context(), managedApp(), c.own)
			if err != nil || usage.Source == "" || usage.Uses["k1"] != c.want {
				t.Errorf("%+v, %v, want %+v", usage, err, c.want)
			}
		})
	}
}

func line(key, resource string, when time.Time, code int) string {
	return fmt.Sprintf(`{"createdDateTime":%q,"servicePrincipalCredentialKeyId":%q,"resourceId":%q,"status":{"errorCode":%d}}`, when.Format(time.RFC3339), key, resource, code)
}

func TestTheSignInLogIsTheSecondSource(t *testing.T) {
	absent := `400 {"error":{"code":"BadRequest","message":"Resource not found for the segment 'appCredentialSignInActivities'."}}`
	i, _, _ := stand(t, reader(), told{
		report: absent, service: `{"id":"` + graphSP + `"}`, byPeople: rows(),
		signInLog: rows(line("K1", elsewhere, at(9), 7000222), line("K1", elsewhere, at(8), 0), line("k2", "00000003-0000-0000-c000-000000000000", at(7), 0)),
	}, nil)
	usage, err := i.Usage(t.Context(), managedApp(), []time.Time{at(7)})
	if err != nil || usage.Source != "sign-in log" || usage.Uses["k1"] != (issuer.Use{Last: at(8), ByOthers: at(8)}) || usage.Uses["k2"] != (issuer.Use{Last: at(7)}) {
		t.Errorf("%+v, %v", usage, err)
	}
}

func TestNationalCloudsHaveOnlyTheLog(t *testing.T) {
	i, c, _ := stand(t, reader(), told{service: `{"id":"` + graphSP + `"}`, signInLog: rows()}, func(o *cloud.Options) { o.Cloud = "usgov" })
	if usage, err := i.Usage(t.Context(), managedApp(), nil); err != nil || usage.Source != "sign-in log" || c.Count("reports") != 0 {
		t.Errorf("%+v, %v, sent %v", usage, err, c.Sent())
	}
}

func TestWithoutAReportTheReasonIsTold(t *testing.T) {
	licence := `403 {"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"no"}}`
	segment := `400 {"error":{"code":"BadRequest","message":"Resource not found for the segment."}}`
	for name, c := range map[string]struct {
		claims   cloudtest.Claims
		answers  told
		audience string
		reason   string
	}{
		"the role is missing":        {cloudtest.Roles("Application.ReadWrite.OwnedBy"), told{}, "AzureADMyOrg", "AuditLog.Read.All"},
		"no licence":                 {reader(), told{report: segment, signInLog: licence}, "AzureADMyOrg", "P1 or P2"},
		"apps of many organisations": {reader(), told{}, "AzureADMultipleOrgs", "other organisations"},
		"people through the app":     {reader(), told{report: segment, service: `{"id":"x"}`, byPeople: rows(line("", elsewhere, at(8), 0)), signInLog: rows()}, "AzureADMyOrg", "people sign in"},
	} {
		t.Run(name, func(t *testing.T) {
			app := managedApp()
			app.Audience = c.audience
			i, _, _ := stand(t, c.claims, c.answers, nil)
			usage, err := i.Usage(t.Context(), app, nil)
			if err != nil || usage.Source != "" || !strings.Contains(usage.Reason, c.reason) {
				t.Errorf("%+v, %v", usage, err)
			}
		})
	}
}

// A secret on the service principal of an app that is registered elsewhere signs in here alone, so that the report is whole.
func TestAServicePrincipalsSecretsHaveTheirEvidenceHere(t *testing.T) {
	app := managedApp()
	app.Elsewhere, app.Audience = true, "AzureADMultipleOrgs"
	origin := strings.Replace(row("K1", elsewhere, at(8)), "{", `{"credentialOrigin":"servicePrincipal",`, 1)
	i, _, _ := stand(t, reader(), told{report: rows(origin), service: `{"id":"` + graphSP + `"}`}, nil)
	if usage, err := i.Usage(t.Context(), app, nil); err != nil || usage.Uses["k1"] != (issuer.Use{Last: at(8), ByOthers: at(8)}) {
		t.Errorf("%+v, %v", usage, err)
	}
}

func TestAThrottledReportIsNoAbsentReport(t *testing.T) {
	i, _, _ := stand(t, reader(), told{report: "429 ", service: `{"id":"x"}`}, nil)
	if usage, err := i.Usage(t.Context(), managedApp(), nil); !problem.Is(err, problem.Throttled) {
		t.Errorf("%+v, %v", usage, err)
	}
}
