package graph_test

import (
	"encoding/base64"
	"encoding/hex"
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/graph"
)

func TestAnAppHasTheCredentialsOfBothObjects(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 1, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	raw, _ := hex.DecodeString("00112233445566778899AABBCCDDEEFF00112233")
	a := graph.Application{
		ID: "o", AppID: "c", DisplayName: "App", Audience: "AzureADMyOrg",
		Passwords: []graph.Password{{KeyID: "p1", End: end, Hint: "abc"}},
		Keys:      []graph.Key{{KeyID: "k1", Type: "AsymmetricX509Cert", Usage: "Verify", Identifier: base64.StdEncoding.EncodeToString(raw)}},
	}
	p := graph.ServicePrincipal{
		ID: "s", AppID: "c", DisplayName: "App in tenant",
		Passwords: []graph.Password{{KeyID: "p2"}, {KeyID: "saml"}},
		Keys: []graph.Key{
			{KeyID: "saml", Type: "X509CertAndPassword", Usage: "Sign"},
			{KeyID: "saml2", Type: "AsymmetricX509Cert", Usage: "Verify", Identifier: "bXkgb3du"},
			{KeyID: "old", Type: "Symmetric", Usage: "Verify"},
		},
	}
	app := graph.Together(&a, &p)
	if app.ObjectID != "o" || app.ServicePrincipalID != "s" || app.ClientID != "c" || app.Name != "App" {
		t.Errorf("app %+v", app)
	}
	want := map[string]credential.Credential{
		"p1":    {Kind: credential.Password, Holder: credential.OnApplication, Hint: "abc"},
		"k1":    {Kind: credential.Certificate, Holder: credential.OnApplication, Thumbprint: "00112233445566778899AABBCCDDEEFF00112233"},
		"p2":    {Kind: credential.Password, Holder: credential.OnServicePrincipal},
		"saml2": {Kind: credential.Certificate, Holder: credential.OnServicePrincipal},
	}
	if len(app.Credentials) != len(want) {
		t.Errorf("credentials %+v", app.Credentials)
	}
	for _, c := range app.Credentials {
		w := want[c.KeyID]
		if c.Kind != w.Kind || c.Holder != w.Holder || c.Hint != w.Hint || c.Thumbprint != w.Thumbprint || c.End.Location() != time.UTC {
			t.Errorf("%+v, want %+v", c, w)
		}
	}
}

func TestOneOfTheTwoObjectsIsEnough(t *testing.T) {
	t.Parallel()
	alone := graph.Together(nil, &graph.ServicePrincipal{ID: "s", AppID: "c", DisplayName: "Foreign", Audience: "AzureADMultipleOrgs"})
	if alone.ObjectID != "" || alone.ClientID != "c" || alone.Name != "Foreign" || alone.Audience != "AzureADMultipleOrgs" {
		t.Errorf("%+v", alone)
	}
	registered := graph.Together(&graph.Application{ID: "o", AppID: "c"}, nil)
	if registered.ObjectID != "o" || registered.ServicePrincipalID != "" {
		t.Errorf("%+v", registered)
	}
}
