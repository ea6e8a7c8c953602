package cloud_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/simulator"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

// visit is somebody who signs in to the simulated cloud in some way.
type visit struct {
	sim     *simulator.Simulator
	session *cloud.Session
	t       *testing.T
	who     string // what stands before the @ of the login
	decline bool
	late    bool          // a device code is left until it has ended
	polled  chan struct{} // the program has asked for its token once
}

// attempt is how somebody signs in, and what is in their way.
type attempt struct {
	identity, who, client string
	password              string            // another one than theirs
	turn                  map[string]string // switches, before
	then                  map[string]string // switches, once signed in; another service is asked then
	decline, late         bool
}

// lever is one of the simulator's, over plain HTTP.
func (v *visit) lever(name string, body any) (told map[string]any) {
	text, err := json.Marshal(body)
	if err != nil {
		v.t.Error(err)
	}
	answer, err := http.Post(v.sim.URL()+"/_sim/"+name, "application/json", bytes.NewReader(text))
	if err != nil {
		v.t.Error(err)
		return nil
	}
	defer answer.Body.Close()
	_ = json.NewDecoder(answer.Body).Decode(&told) // lists aren't looked at
	return told
}

func (v *visit) turn(switches map[string]string) {
	for name, value := range switches {
		v.lever("switch", map[string]string{"name": name, "value": value})
	}
}

// browse goes a browser's way and posts what the program waits for.
func (v *visit) browse(address string) error {
	led := v.lever("browser", map[string]any{"url": address, "user": v.who, "decline": v.decline})
	location, _ := led["location"].(string)
	form, _ := led["form"].(string)
	if location == "" {
		v.t.Errorf("the page says %v", led)
		return errors.New("nobody is led back")
	}
	came, err := http.Post(location, "application/x-www-form-urlencoded", strings.NewReader(form))
	if err != nil {
		return err
	}
	return came.Body.Close()
}

// answer answers a device code on another device, once the program has asked for the first time.
func (v *visit) answer(_, code string) {
	go func() {
		select {
		case <-v.polled:
		case <-v.t.Context().Done():
			return
		}
		if v.late {
			v.lever("clock", map[string]string{"advance": "16m"})
			return
		}
		v.lever("device", map[string]any{"userCode": code, "user": v.who, "decline": v.decline})
	}()
}

// stand is a simulated cloud with people.
func stand(t *testing.T) *simulator.Simulator {
	t.Helper()
	sim, err := simulator.Start(t.Context(), simulator.Options{Seed: seed.Helpdesk, Dir: t.TempDir(), Settings: world.Settings{Gentle: true}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	return sim
}

// visitor opens a session in which somebody signs in.
func visitor(t *testing.T, sim *simulator.Simulator, a attempt) *visit {
	t.Helper()
	caFile := filepath.Join(t.TempDir(), "authority.pem")
	err := os.WriteFile(caFile, sim.CAPEM(), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{sim: sim, t: t, who: a.who, decline: a.decline, late: a.late, polled: make(chan struct{}, 100)}
	v.turn(a.turn)
	o := cloud.Options{
		Tenant: sim.Sample().Domain, Proxy: sim.URL(), CAFile: caFile, Identity: a.identity, ClientID: a.client, Open: v.browse, ShowCode: v.answer,
		Hear: func(e cloud.Exchange) {
			if e.Status == http.StatusBadRequest { // authorization_pending
				v.polled <- struct{}{}
			}
		},
	}
	if a.identity == cloud.IdentityPassword {
		o.Username, o.Password = v.login(a.who, a.password)
	}
	if v.session, err = cloud.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.session.Client().CloseIdleConnections)
	return v
}

// login is somebody's full name and password.
func (v *visit) login(who, other string) (string, secret.Value) {
	v.t.Helper()
	for _, line := range strings.Split(v.sim.Sample().People, "\n") {
		if fields := strings.Fields(line); len(fields) == 2 && strings.HasPrefix(fields[0], who+"@") {
			if other != "" {
				return fields[0], secret.New(other)
			}
			return fields[0], secret.New(fields[1])
		}
	}
	return who, secret.New(typed) // nobody of that name
}

// token signs in for one service.
func (v *visit) token(scope string) error {
	_, err := v.session.Credential().GetToken(v.t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
	return err
}

// TestEveryKnownSignInIsProvoked goes over the table of known issues: whatever can be in the way of a sign-in is provoked in
// the simulated cloud, over HTTP, and told under its code.
func TestEveryKnownSignInIsProvoked(t *testing.T) {
	byPassword := func(who string) attempt {
		return attempt{identity: cloud.IdentityPassword, who: who, client: seed.SignInClientID}
	}
	through := func(client string) attempt {
		return attempt{identity: cloud.IdentityPassword, who: "admin", client: client}
	}
	byDevice := attempt{identity: cloud.IdentityDeviceCode, who: "admin", client: seed.SignInClientID}
	byBrowser := attempt{identity: cloud.IdentityBrowser, who: "admin", client: seed.SignInClientID}
	with := func(a attempt, edit func(*attempt)) attempt { edit(&a); return a }
	shared, provoked := stand(t), map[string]bool{}
	for name, c := range map[string]struct {
		attempt
		code string
	}{
		"a password":                     {byPassword("admin"), ""},
		"a device code, answered late":   {byDevice, ""},
		"a browser":                      {byBrowser, ""},
		"a login of a federated domain":  {byPassword("federated"), "login.form"},
		"a second factor":                {byPassword("mfa"), "mfa.required"},
		"a second factor to be set up":   {byPassword("unenrolled"), "mfa.required"},
		"another password":               {with(byPassword("admin"), func(a *attempt) { a.password = "another" }), "password.wrong"},
		"a locked account":               {byPassword("locked"), "account.locked"},
		"an expired password":            {byPassword("expired"), "account.expired"},
		"a disabled account":             {byPassword("disabled"), "account.disabled"},
		"nobody of that name":            {byPassword("nobody@contoso.onmicrosoft.com"), "user.unknown"},
		"an account of another tenant":   {byPassword("stranger"), "tenant.wrong"},
		"a policy against passwords":     {byPassword("blocked"), "legacy.blocked"},
		"security defaults":              {with(byPassword("admin"), func(a *attempt) { a.turn = map[string]string{"security-defaults": "on"} }), "security.defaults"},
		"a policy against device codes":  {with(byDevice, func(a *attempt) { a.turn = map[string]string{"device-code-blocked": "on"} }), "signin.blocked"},
		"a device code that is declined": {with(byDevice, func(a *attempt) { a.decline = true }), "signin.declined"},
		"a browser in which it is":       {with(byBrowser, func(a *attempt) { a.decline = true }), "signin.declined"},
		"a device code that nobody uses": {with(byDevice, func(a *attempt) { a.late = true }), "signin.abandoned"},
		"a password reset meanwhile":     {with(byPassword("admin"), func(a *attempt) { a.then = map[string]string{"password-reset": "admin"} }), "signin.ended"},
		"no app":                         {through(""), "client.missing"},
		"an app that nobody has":         {through(otherApp), "client.missing"},
		"an app with a secret":           {through(seed.ConfidentialClientID), "client.notPublic"},
		"a disabled app":                 {through(seed.DisabledClientID), "client.disabled"},
		"an app without consent":         {through(seed.UnconsentedClientID), "consent.missing"},
		"an app for a single page":       {with(byBrowser, func(a *attempt) { a.client = seed.SinglePageClientID }), "client.redirect"},
	} {
		provoked[c.code] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := shared
			if c.turn != nil || c.then != nil || c.late {
				sim = stand(t) // the others would feel it
			}
			v := visitor(t, sim, c.attempt)
			err := v.token("https://graph.microsoft.com/.default")
			if err == nil && c.then != nil {
				v.turn(c.then)
				err = v.token("https://management.azure.com/.default")
			}
			wantKnown(t, err, c.code)
		})
	}
	for _, known := range problem.KnownIssues() {
		if (len(known.Numbers) > 0 || known.OAuth != "") && !provoked[known.Code] {
			t.Errorf("%s is provoked by nothing", known.Code)
		}
	}
}

// wantKnown: the code, with what to do, and nothing of the password.
func wantKnown(t *testing.T, err error, code string) {
	t.Helper()
	switch found := problem.Of(err); {
	case code == "" && err != nil:
		t.Errorf("refused: %v", err)
	case code != "" && (found == nil || found.Code != code || found.Class != problem.Person || found.Fix == ""):
		t.Errorf("%+v, want %s", err, code)
	}
}
