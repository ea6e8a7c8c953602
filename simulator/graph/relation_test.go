package graph_test

import (
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

func (b *bench) eventually(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "https://graph.microsoft.com"+path, nil)
	r.Header.Set("Authorization", "Bearer "+b.tokens["all"])
	r.Header.Set("ConsistencyLevel", "eventual")
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r)
	return w
}

func TestOwnersAreExpandedCastAndCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	owner, apps := b.app.Owners[0], "/v1.0/applications"
	principals := "/v1.0/servicePrincipals"
	one := apps + "/" + b.app.ObjectID
	for name, tc := range map[string]struct{ path, want string }{
		"one, cut":                    {one + "?$select=id&$expand=owners($select=id)", `"owners":[{"@odata.type":"#microsoft.graph.servicePrincipal","id":"` + owner + `"}]`},
		"a list, with other selected": {apps + "?$select=id&$expand=owners($select=id)&" + q("filter", "appId eq '"+b.app.AppID+"'"), `"owners":[{"@odata.type":"#microsoft.graph.servicePrincipal","id":"` + owner + `"}]`},
		"a list, in full":             {apps + "?$expand=owners&" + q("filter", "appId eq '"+b.app.AppID+"'"), `"appDisplayName":"caller owner"`},
		"two relations":               {one + "?$expand=owners,extensionProperties", "Request_UnsupportedQuery"},
		"no relation":                 {one + "?$expand=colours", "Could not find a property named 'colours'"},
		"no property of it":           {one + "?$expand=owners($select=colour)", "Could not find a property named 'colour'"},
		"grants of a principal":       {principals + "?$select=id&$expand=appRoleAssignments($select=appRoleId)&" + q("filter", "displayName eq 'caller owner'"), `"appRoleAssignments":[{"appRoleId":`},
		"grants to a principal":       {principals + "(appId='" + directory.GraphAppID + "')?$expand=appRoleAssignedTo", `"appRoleAssignedTo":[{"appRoleId":`},
		"consents, of which none are": {principals + "(appId='" + b.app.AppID + "')?$expand=oauth2permissiongrants", `"oauth2PermissionGrants":[]`},
		"federated credentials":       {one + "?$expand=federatedIdentityCredentials", `"federatedIdentityCredentials":[]`},
		"a delta from now on":         {apps + "/delta?$deltatoken=latest", `"value":[]`},
		"of one type":                 {one + "/owners/microsoft.graph.servicePrincipal?$select=id", owner},
		"of another type":             {one + "/owners/microsoft.graph.user", `"value":[]`},
		"of no type":                  {one + "/owners/microsoft.graph.colour", "Resource not found for the segment"},
		"their number":                {one + "/owners/$count", "1"},
		"owners filtered and shown":   {apps + "?$count=true&$select=id&$expand=owners($select=id)&" + q("filter", "owners/$count eq 1 and displayName eq 'Provision Assist'"), `"owners":[{"@odata.type":"#microsoft.graph.servicePrincipal","id":"` + owner + `"}]`},
		"the number of people":        {"/v1.0/users/$count", "0"},
		"who has none":                {apps + "?$count=true&$select=displayName&" + q("filter", "owners/$count eq 0 and displayName eq 'Other'"), `"@odata.count":1,"value":[{"displayName":"Other"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := b.eventually(t, tc.path).Body.String(); !strings.Contains(got, tc.want) {
				t.Errorf("%s answers %s\nwant %s in it", tc.path, got, tc.want)
			}
		})
	}
	if got := b.eventually(t, apps+"?$top=1&$select=id").Body.String(); !strings.Contains(got, "?$top=1&$select=id&$skiptoken=") {
		t.Errorf("a link holds & as it is: %s", got)
	}
	for _, filter := range []string{"owners/$count eq 0", "contains(displayName,'x')", "displayName eq Other"} {
		if got := b.do(t, "all", http.MethodGet, apps+"?"+q("filter", filter), ""); got.status != http.StatusBadRequest {
			t.Errorf("%s without ConsistencyLevel: %d", filter, got.status)
		}
	}
}

func TestWhatIsMadeMayNameItsOwnersAndIsSentBackWhole(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	with := func(owner string) reply {
		return b.do(t, "all", "POST", "/v1.0/applications", `{"displayName":"new","owners@odata.bind":["https://graph.microsoft.com/v1.0/directoryObjects/`+owner+`"]}`)
	}
	made := with(b.app.Owners[0])
	owners := b.do(t, "all", "GET", fmt.Sprintf("/v1.0/applications/%s/owners?$select=id", made.body["id"]), "").list()
	if made.status != http.StatusCreated || len(owners) != 2 || owners[1]["id"] != b.app.Owners[0] {
		t.Errorf("%d %s, owners %v", made.status, made.message(), owners)
	}
	if got := b.do(t, "all", "PATCH", "/v1.0/applications/"+b.app.ObjectID, `{"id":"`+b.app.ObjectID+`","notes":"n"}`); got.status != http.StatusNoContent {
		t.Errorf("its own id sent back: %d %s", got.status, got.message())
	}
	if got := with("5ca1ab1e-0000-0000-0000-000000000000"); got.code() != "Request_ResourceNotFound" {
		t.Errorf("an owner that isn't there: %d %s", got.status, got.code())
	}
	if got := with("x"); got.code() != "Request_BadRequest" {
		t.Errorf("no reference: %d %s", got.status, got.code())
	}
}

func TestFederatedCredentials(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	base := "/v1.0/applications/" + b.app.ObjectID + "/federatedIdentityCredentials"
	body := `{"name":"%s","issuer":"https://issuer.example","subject":"%s","audiences":["api://AzureADTokenExchange"]}`
	made := b.do(t, "owner", http.MethodPost, base, fmt.Sprintf(body, "one", "a"))
	id, _ := made.body["id"].(string)
	if made.status != http.StatusCreated || id == "" || made.body["description"] != nil {
		t.Fatalf("made %d %v", made.status, made.body)
	}
	for name, tc := range map[string]struct {
		who, method, path, body string
		status                  int
	}{
		"by another's app":          {"reader", "POST", base, fmt.Sprintf(body, "two", "b"), 403},
		"a name twice":              {"owner", "POST", base, fmt.Sprintf(body, "one", "b"), 409},
		"issuer and subject twice":  {"owner", "POST", base, fmt.Sprintf(body, "two", "a"), 409},
		"no subject":                {"owner", "POST", base, fmt.Sprintf(body, "two", ""), 400},
		"no audience":               {"owner", "POST", base, `{"name":"x","issuer":"y","subject":"z"}`, 400},
		"by name":                   {"reader", "GET", base + "/one", "", 200},
		"by id":                     {"reader", "GET", base + "/" + id, "", 200},
		"what isn't there":          {"reader", "GET", base + "/none", "", 404},
		"under a service principal": {"reader", "GET", "/v1.0/servicePrincipals(appId='" + b.app.AppID + "')/federatedIdentityCredentials", "", 200},
	} {
		if got := b.do(t, tc.who, tc.method, tc.path, tc.body); got.status != tc.status {
			t.Errorf("%s: %d %v", name, got.status, got.body)
		}
	}
	b.do(t, "owner", http.MethodPatch, base+"/"+id, `{"description":"ours"}`)
	if got := b.do(t, "reader", http.MethodGet, base, "").list(); len(got) != 1 || got[0]["description"] != "ours" || got[0]["subject"] != "a" {
		t.Errorf("after the change: %v", got)
	}
	if got := b.do(t, "owner", http.MethodDelete, base+"/"+id, ""); got.status != http.StatusNoContent || len(b.do(t, "reader", http.MethodGet, base, "").list()) != 0 {
		t.Errorf("removed: %d", got.status)
	}
}

// proof is a proof of possession by a key.
func proof(t *testing.T, key *rsa.PrivateKey, issuer string, at time.Time, life time.Duration) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"aud": "00000002-0000-0000-c000-000000000000", "iss": issuer, "nbf": at.Unix(), "exp": at.Add(life).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func selfSigned(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

func TestACertificateProvesTheNext(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	base := "/v1.0/applications/" + b.app.ObjectID
	b.must(t, http.MethodPatch, base, `{"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","key":"`+selfSigned(t, key)+`"}]}`)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	add := func(proof string) reply {
		return b.do(t, "owner", http.MethodPost, base+"/addKey",
			`{"keyCredential":{"type":"AsymmetricX509Cert","usage":"Verify","key":"`+selfSigned(t, other)+`"},"passwordCredential":null,"proof":"`+proof+`"}`)
	}
	now := b.w.Now()
	for name, bad := range map[string]string{
		"none": "", "by a stranger": proof(t, other, b.app.ObjectID, now, time.Minute), "for another": proof(t, key, b.other.ObjectID, now, time.Minute),
		"for too long": proof(t, key, b.app.ObjectID, now, time.Hour), "too old": proof(t, key, b.app.ObjectID, now.Add(-time.Hour), time.Minute),
	} {
		if got := add(bad); got.status != http.StatusUnauthorized {
			t.Errorf("a proof %s: %d %v", name, got.status, got.body)
		}
	}
	good := proof(t, key, b.app.ObjectID, now, 10*time.Minute)
	made := add(good)
	if made.status != http.StatusOK || made.body["keyId"] == nil || len(b.keys(t, base)) != 2 {
		t.Fatalf("made %d %v", made.status, made.body)
	}
	remove := func(id string) int {
		return b.do(t, "owner", http.MethodPost, base+"/removeKey", `{"keyId":"`+id+`","proof":"`+good+`"}`).status
	}
	if got := remove(b.app.ObjectID); got != http.StatusBadRequest {
		t.Errorf("an unknown key id: %d", got)
	}
	if got := remove(made.body["keyId"].(string)); got != http.StatusNoContent || len(b.keys(t, base)) != 1 {
		t.Errorf("removed: %d", got)
	}
}

// sdkBody has the types in it that Graph's own SDKs write.
const sdkBody = `{"@odata.type":"#microsoft.graph.application","displayName":"packed","web":{"@odata.type":"#microsoft.graph.webApplication","homePageUrl":"https://x.example"}}`

// Graph's own SDKs for Go and Java pack what they send, and read Location of what they have made.
func TestPackedBodiesAreRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		encoding string
		pack     func(text string) string
		want     int
	}{
		"packed":                {"gzip", packed, http.StatusCreated},
		"said to be packed":     {"gzip", func(text string) string { return text }, http.StatusBadRequest},
		"packed and broken off": {"gzip", func(text string) string { return packed(text)[:20] }, http.StatusBadRequest},
		"packed another way":    {"br", packed, http.StatusUnsupportedMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Settings{Gentle: true})
			r := httptest.NewRequest(http.MethodPost, "https://graph.microsoft.com/v1.0/applications", strings.NewReader(tc.pack(sdkBody)))
			r.Header.Set("Authorization", "Bearer "+b.tokens["all"])
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Content-Encoding", tc.encoding)
			got := b.serve(t, r)
			if got.status != tc.want {
				t.Fatalf("%d %s, want %d", got.status, got.message(), tc.want)
			}
			if id, _ := got.body["id"].(string); tc.want == http.StatusCreated && !strings.Contains(got.header.Get("Location"), "/directoryObjects/"+id) {
				t.Errorf("Location: %q", got.header.Get("Location"))
			}
			if web, _ := got.body["web"].(map[string]any); tc.want == http.StatusCreated && (web["homePageUrl"] != "https://x.example" || web["@odata.type"] != nil) {
				t.Errorf("web: %v", got.body["web"])
			}
		})
	}
}

func packed(text string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // a Builder never fails
	_ = z.Close()
	return b.String()
}

func TestADeletedAppCanBePutBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	app, items := "/v1.0/applications/"+b.app.ObjectID, "/v1.0/directory/deletedItems/"
	step := func(method, path string, want int) reply {
		t.Helper()
		got := b.do(t, "all", method, path, "")
		if got.status != want {
			t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.message(), want)
		}
		return got
	}
	step("GET", items+b.app.ObjectID, http.StatusNotFound)
	step("DELETE", app, http.StatusNoContent)
	step("GET", app, http.StatusNotFound)
	listed := step("GET", items+"microsoft.graph.application?$select=id,deletedDateTime", http.StatusOK).list()
	if len(listed) != 1 || listed[0]["id"] != b.app.ObjectID || listed[0]["deletedDateTime"] == nil {
		t.Errorf("deleted: %v", listed)
	}
	step("POST", items+b.app.ObjectID+"/restore", http.StatusOK)
	step("GET", app, http.StatusOK)
	step("GET", "/v1.0/servicePrincipals(appId='"+b.app.AppID+"')", http.StatusOK)
	step("DELETE", app, http.StatusNoContent)
	step("DELETE", items+b.app.ObjectID, http.StatusNoContent)
	step("POST", items+b.app.ObjectID+"/restore", http.StatusNotFound)
	step("DELETE", app, http.StatusNotFound)
	if left := step("GET", items+"graph.application", http.StatusOK).list(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
