package entra_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/simulator/world"
)

const graphHost = "graph.microsoft.com"

func (r *rig) order(mark string, life time.Duration) issuer.Order {
	return issuer.Order{Mark: mark, End: r.session.Now().Add(life)}
}

// marked counts the passwords with that description in the directory itself.
func (r *rig) marked(t *testing.T, mark string) int {
	t.Helper()
	count := 0
	for _, c := range r.app(t).Passwords() {
		if c.DisplayName == mark {
			count++
		}
	}
	return count
}

func TestIssueTellsWhetherAPasswordMayExist(t *testing.T) {
	for name, c := range map[string]struct {
		fault    world.Fault
		code     string
		doubtful bool
		made     int
	}{
		"the reply is lost":          {world.Fault{Kind: world.FaultReplyLost}, problem.Unreachable, true, 1},
		"it happened and 504":        {world.Fault{Kind: world.FaultErrorAfter, Status: 504}, "service.failing", true, 1},
		"503 before it happened":     {world.Fault{Kind: world.FaultErrorBefore, Status: 503}, "service.failing", true, 0},
		"too many requests":          {world.Fault{Kind: world.FaultThrottle}, problem.Throttled, false, 0},
		"a replica doesn't know yet": {world.Fault{Kind: world.FaultErrorBefore, Status: 404}, problem.NotFound, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, world.Settings{Gentle: true})
			app := r.app(t)
			c.fault.Host, c.fault.Path, c.fault.Count = graphHost, "addPassword", 1
			r.fault(t, c.fault)
			_, err := r.issuer.Issue(t.Context(), app, r.order("m keyturn r.1", time.Hour))
			p := problem.Of(err)
			if err == nil || p.Code != c.code || p.Class != problem.Retry || p.Doubtful != c.doubtful {
				t.Errorf("error %v: code %s, class %s, doubtful %v", err, p.Code, p.Class, p.Doubtful)
			}
			if made := r.marked(t, "m keyturn r.1"); made != c.made {
				t.Errorf("%d passwords bear the mark, want %d", made, c.made)
			}
		})
	}
}

func TestThrottlingNamesTheWait(t *testing.T) {
	r := start(t, world.Settings{Gentle: true})
	app := r.app(t)
	r.fault(t, world.Fault{Host: graphHost, Path: "addPassword", Kind: world.FaultThrottle, Delay: world.Delay(17 * time.Second), Count: 1})
	_, err := r.issuer.Issue(t.Context(), app, r.order("m keyturn r.1", time.Hour))
	if p := problem.Of(err); p.After != 17*time.Second {
		t.Errorf("wait of %s, want 17 s: %v", p.After, err)
	}
}

func TestPoliciesRefuse(t *testing.T) {
	r := start(t, world.Settings{Gentle: true})
	app := r.app(t)

	r.flip(t, "password-policy", "90d")
	_, err := r.issuer.Issue(t.Context(), app, r.order("m keyturn r.1", 180*24*time.Hour))
	if !problem.Is(err, problem.Blocked) || !errors.Is(err, issuer.ErrLifetime) || problem.Of(err).Fix == "" {
		t.Errorf("a life too long: %v", err)
	}
	if _, err := r.issuer.Issue(t.Context(), app, r.order("m keyturn r.2", 89*24*time.Hour)); err != nil {
		t.Errorf("a life short enough: %v", err)
	}

	r.flip(t, "password-policy", "blocked")
	_, err = r.issuer.Issue(t.Context(), app, r.order("m keyturn r.3", time.Hour))
	p := problem.Of(err)
	if p.Code != problem.Blocked || p.Class != problem.Person || errors.Is(err, issuer.ErrLifetime) || !strings.Contains(p.Message, "olicy") {
		t.Errorf("passwords forbidden: %v", err)
	}
}

func TestAppsForPersonalAccountsHoldTwo(t *testing.T) {
	r := start(t, world.Settings{Gentle: true})
	r.clientID = r.register(t, "two at most", "AzureADandPersonalMicrosoftAccount")
	app := r.app(t)
	for n, mark := range []string{"m keyturn r.1", "m keyturn r.2", "m keyturn r.3"} {
		_, err := r.issuer.Issue(t.Context(), app, r.order(mark, time.Hour))
		if full := problem.Is(err, problem.Full); full != (n == 2) {
			t.Errorf("password %d: %v", n+1, err)
		}
	}
}

func TestRemoveJudgesAnUnknownKeyByLookingAgain(t *testing.T) {
	r := start(t, world.Settings{Gentle: true})
	app := r.app(t)
	gone := credential.Credential{KeyID: nobody, Kind: credential.Password, Holder: credential.OnApplication}
	if err := r.issuer.Remove(t.Context(), app, gone); err != nil {
		t.Errorf("a key id that isn't there: %v", err)
	}
	made, err := r.issuer.Issue(t.Context(), app, r.order("m keyturn r.1", time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	r.fault(t, world.Fault{Host: graphHost, Path: "removePassword", Kind: world.FaultErrorBefore, Status: 400, Count: 1})
	err = r.issuer.Remove(t.Context(), app, made.Credential)
	if p := problem.Of(err); err == nil || p.Class != problem.Retry || p.Code != problem.Conflict {
		t.Errorf("refused while it is still there: %v", err)
	}
}

func TestPasswordsAreTakenFromTheObjectThatHoldsThem(t *testing.T) {
	for holder, path := range map[credential.Holder]string{
		credential.OnApplication: "/v1.0/applications/o/removePassword", credential.OnServicePrincipal: "/v1.0/servicePrincipals/s/removePassword",
	} {
		i, c, _ := stand(t, nil, told{path: "{}"}, nil)
		held := credential.Credential{KeyID: "k", Kind: credential.Password, Holder: holder}
		if err := i.Remove(t.Context(), managedApp(), held); err != nil || c.Count(path) != 1 {
			t.Errorf("%s: %v, sent %v", holder, err, c.Sent())
		}
	}
}

func TestAppsRegisteredElsewhereGetTheirPasswordOnThePrincipal(t *testing.T) {
	i, c, _ := stand(t, nil, told{"/addPassword": `{"keyId":"k","secretText":"abc8Q~value","displayName":"m"}`}, nil)
	app := managedApp()
	app.ObjectID = ""
	made, err := i.Issue(t.Context(), app, issuer.Order{Mark: "m"})
	if err != nil || made.Holder != credential.OnServicePrincipal || c.Count("/servicePrincipals/s/addPassword") != 1 {
		t.Errorf("%+v, %v, sent %v", made, err, c.Sent())
	}
}

func TestCertificatesAreNeverRemoved(t *testing.T) {
	r := start(t, world.Settings{Gentle: true})
	certificates := r.app(t).Certificates()
	if len(certificates) == 0 || certificates[0].Thumbprint == "" {
		t.Fatalf("certificates %+v", certificates)
	}
	if err := r.issuer.Remove(t.Context(), r.app(t), certificates[0]); err == nil {
		t.Error("a certificate was removed")
	}
}

func TestWithoutRightsThePersonIsToldWhatToGrant(t *testing.T) {
	i, _, _ := stand(t, nil, told{"/addPassword": `403 {"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}`}, nil)
	_, err := i.Issue(t.Context(), managedApp(), issuer.Order{Mark: "m"})
	p := problem.Of(err)
	if p.Code != problem.Denied || p.Class != problem.Person || !strings.Contains(p.Fix, "OwnedBy") || !strings.Contains(p.Fix, "owner") || p.Doubtful {
		t.Errorf("%v, fix %q", err, p.Fix)
	}
}
