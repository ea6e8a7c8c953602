package entra_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

const (
	registration = `{"id":"o","appId":"` + managed + `","displayName":"App","passwordCredentials":[{"keyId":"k1","endDateTime":"2027-01-01T00:00:00Z"}]}`
	principal    = `{"id":"s","appId":"` + managed + `","displayName":"App","passwordCredentials":[],"appOwnerOrganizationId":"` + cloudtest.Tenant + `"}`
	foreign      = `{"id":"s","appId":"` + managed + `","displayName":"App","passwordCredentials":[],"appOwnerOrganizationId":"` + elsewhere + `"}`
)

func TestLookReadsBothObjectsOnce(t *testing.T) {
	i, c, s := stand(t, nil, told{"/applications(appId": registration, "/servicePrincipals(appId": principal}, nil)
	app, err := i.Look(t.Context(), managed)
	if err != nil || app.ObjectID != "o" || app.ServicePrincipalID != "s" || len(app.Passwords()) != 1 {
		t.Errorf("%+v, %v", app, err)
	}
	if s.Requests() != 4 { // the tenant, the token, both objects
		t.Errorf("sent %v", c.Sent())
	}
}

func TestAnAppOfAnotherTenantHasOnlyItsPrincipal(t *testing.T) {
	i, c, _ := stand(t, nil, told{"/servicePrincipals(appId": foreign}, nil)
	app, err := i.Look(t.Context(), managed)
	if err != nil || app.ObjectID != "" || app.ServicePrincipalID != "s" || !app.Elsewhere || c.Count("/applications(") != 1 {
		t.Errorf("%+v, %v, sent %v", app, err, c.Sent())
	}
}

func TestAReplicaThatLagsIsAskedAgain(t *testing.T) {
	var asked atomic.Int32
	late := func(w http.ResponseWriter, r *http.Request) {
		answers := told{"/servicePrincipals(appId": principal}
		if asked.Add(1) > 3 {
			answers["/applications(appId"] = registration
		}
		answers.ServeHTTP(w, r)
	}
	i, _, _ := stand(t, nil, http.HandlerFunc(late), nil)
	if app, err := i.Look(t.Context(), managed); err != nil || app.ObjectID != "o" || app.Elsewhere {
		t.Errorf("%+v, %v", app, err)
	}
}

func TestNoClientIdAtAllAsksNobody(t *testing.T) {
	i, _, s := stand(t, nil, told{}, nil)
	_, err := i.Look(t.Context(), "provision-assist")
	if p := problem.Of(err); p.Code != problem.NotFound || p.Class != problem.Person || s.Requests() != 0 {
		t.Errorf("%v after %d requests", err, s.Requests())
	}
}

func TestLookPassesRefusalsOn(t *testing.T) {
	denied := `403 {"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`
	i, _, _ := stand(t, nil, told{"/applications(appId": denied, "/servicePrincipals(appId": denied}, nil)
	if _, err := i.Look(t.Context(), managed); !problem.Is(err, problem.Denied) {
		t.Errorf("%v", err)
	}
}
