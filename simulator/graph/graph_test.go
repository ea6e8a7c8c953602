package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/graph"
	"keyturn/simulator/world"
)

// bench is a Graph with two apps and callers of several strengths.
type bench struct {
	w      *world.World
	d      *directory.Directory
	s      *graph.Service
	tenant *directory.Tenant
	app    *directory.Application // owned by owner
	other  *directory.Application
	tokens map[string]string
	caller *directory.Application // "all"
}

func newBench(t testing.TB, settings world.Settings) *bench {
	t.Helper()
	settings.Seed = 11
	w := world.New(settings)
	t.Cleanup(w.Close)
	b := &bench{w: w, d: directory.New(w), tokens: map[string]string{}}
	b.s = graph.New(w, b.d)
	w.Lock()
	b.tenant = b.d.AddTenant(directory.TenantSpec{Domain: "contoso.onmicrosoft.com", DisplayName: "Contoso"})
	callers := map[string][]string{
		"all":    {"Application.ReadWrite.All", "AuditLog.Read.All", "Policy.Read.All", "AppRoleAssignment.ReadWrite.All", "User.Read.All", "CrossTenantInformation.ReadBasic.All"},
		"owner":  {"Application.ReadWrite.OwnedBy"},
		"reader": {"Application.Read.All"},
		"nobody": nil,
	}
	var ids []directory.Identity
	names := []string{}
	for _, name := range []string{"all", "owner", "reader", "nobody"} {
		a := b.d.AddApplication(b.tenant.ID, directory.AppSpec{DisplayName: "caller " + name, Roles: callers[name]})
		p := b.d.AddPassword(a, directory.PasswordSpec{Settled: true})
		id, failure := b.d.SignIn(w.Now(), directory.SignIn{
			Tenant: b.tenant.ID, ClientID: a.AppID, Secret: p.Value, Resource: "https://graph.microsoft.com",
		})
		if failure != nil {
			t.Fatal(failure)
		}
		ids, names = append(ids, id), append(names, name)
		if name == "all" {
			b.caller = a
		}
	}
	b.app = b.d.AddApplication(b.tenant.ID, directory.AppSpec{DisplayName: "Provision Assist", Owners: []string{ids[1].ObjectID}})
	b.other = b.d.AddApplication(b.tenant.ID, directory.AppSpec{DisplayName: "Other", Audience: "AzureADandPersonalMicrosoftAccount"})
	w.Unlock()
	for i, id := range ids {
		b.tokens[names[i]] = b.d.Mint(id)
	}
	return b
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r reply) code() string {
	e, _ := r.body["error"].(map[string]any)
	code, _ := e["code"].(string)
	return code
}

func (r reply) message() string {
	e, _ := r.body["error"].(map[string]any)
	message, _ := e["message"].(string)
	return message
}

func (r reply) list() []map[string]any {
	var list []map[string]any
	items, _ := r.body["value"].([]any)
	for _, item := range items {
		m, _ := item.(map[string]any)
		list = append(list, m)
	}
	return list
}

func (b *bench) do(t testing.TB, who, method, path, body string) reply {
	t.Helper()
	r := httptest.NewRequest(method, "https://graph.microsoft.com"+path, strings.NewReader(body))
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+b.tokens[who])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return b.serve(t, r)
}

func (b *bench) serve(t testing.TB, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	b.s.ServeHTTP(w, r)
	answer := reply{status: w.Code, header: w.Result().Header}
	if w.Body.Len() > 0 && r.Method != http.MethodHead {
		var raw any
		if err := json.Unmarshal(w.Body.Bytes(), &raw); err != nil {
			t.Fatalf("body is no JSON: %v in %s", err, w.Body)
		}
		answer.body, _ = raw.(map[string]any)
	}
	if answer.header.Get("request-id") == "" || answer.header.Get("client-request-id") == "" {
		t.Errorf("%s %s: no request ids", r.Method, r.URL)
	}
	return answer
}

func q(name, value string) string { return "$" + name + "=" + url.QueryEscape(value) }

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	app, none := "/v1.0/applications/"+b.app.ObjectID, "11111111-2222-4333-8444-555555555555"
	tests := map[string]struct {
		who, method, path, body string
		status                  int
		code                    string
	}{
		"no token":                       {"", "GET", app, "", 401, "InvalidAuthenticationToken"},
		"reading without a permission":   {"nobody", "GET", app, "", 403, "Authorization_RequestDenied"},
		"an id that does not exist":      {"all", "GET", "/v1.0/applications/" + none, "", 404, "Request_ResourceNotFound"},
		"an id that is none":             {"all", "GET", "/v1.0/applications/not-a-valid-object-id", "", 404, "Request_ResourceNotFound"},
		"a client id as object id":       {"all", "GET", "/v1.0/applications/" + b.app.AppID, "", 404, "Request_ResourceNotFound"},
		"a key that does not exist":      {"all", "GET", "/v1.0/applications(appId='" + none + "')", "", 404, "Request_ResourceNotFound"},
		"a path that nobody knows":       {"all", "GET", "/v1.0/whatever", "", 400, "BadRequest"},
		"a version that nobody knows":    {"all", "GET", "/v2.0/applications", "", 400, "BadRequest"},
		"an unknown selected property":   {"all", "GET", app + "?$select=id,colour", "", 400, "BadRequest"},
		"an unknown filtered property":   {"all", "GET", "/v1.0/applications?" + q("filter", "colour eq 'x'"), "", 400, "BadRequest"},
		"a broken filter":                {"all", "GET", "/v1.0/applications?" + q("filter", "appId eq 'x"), "", 400, "BadRequest"},
		"an advanced filter":             {"all", "GET", "/v1.0/applications?" + q("filter", "appId ne 'x'"), "", 400, "Request_UnsupportedQuery"},
		"a page too large":               {"all", "GET", "/v1.0/applications?$top=1000", "", 400, "Request_BadRequest"},
		"a page of nonsense":             {"all", "GET", "/v1.0/applications?$top=many", "", 400, "BadRequest"},
		"sorted by a credential":         {"all", "GET", "/v1.0/applications?" + q("orderby", "passwordCredentials"), "", 400, "Request_UnsupportedQuery"},
		"filtered and sorted":            {"all", "GET", "/v1.0/applications?" + q("filter", "displayName eq 'x'") + "&" + q("orderby", "displayName"), "", 400, "Request_UnsupportedQuery"},
		"skip":                           {"all", "GET", "/v1.0/applications?$skip=5", "", 400, "Request_BadRequest"},
		"a skip token of nonsense":       {"all", "GET", "/v1.0/applications?$skiptoken=x", "", 400, "Directory_ExpiredPageToken"},
		"PUT":                            {"all", "PUT", app, "{}", 405, "Request_BadRequest"},
		"changing with reading rights":   {"reader", "PATCH", app, `{"notes":"x"}`, 403, "Authorization_RequestDenied"},
		"changing what one does not own": {"owner", "PATCH", "/v1.0/applications/" + b.other.ObjectID, `{"notes":"x"}`, 403, "Authorization_RequestDenied"},
		"a password on a foreign app":    {"owner", "POST", "/v1.0/applications/" + b.other.ObjectID + "/addPassword", `{}`, 403, "Authorization_RequestDenied"},
		"a password without a body":      {"all", "POST", app + "/addPassword", "", 400, "BadRequest"},
		"a password with broken JSON":    {"all", "POST", app + "/addPassword", "{", 400, "BadRequest"},
		"a password with a list":         {"all", "POST", app + "/addPassword", "[]", 400, "BadRequest"},
		"a password with unknown fields": {"all", "POST", app + "/addPassword", `{"passwordCredential":{"colour":1}}`, 400, "BadRequest"},
		"a password with a bad date":     {"all", "POST", app + "/addPassword", `{"passwordCredential":{"endDateTime":"soon"}}`, 400, "BadRequest"},
		"a password that ends first":     {"all", "POST", app + "/addPassword", `{"passwordCredential":{"endDateTime":"2001-01-01T00:00:00Z"}}`, 400, "Request_BadRequest"},
		"GET of an action":               {"all", "GET", app + "/addPassword", "", 405, "Request_BadRequest"},
		"removing an unknown key id":     {"all", "POST", app + "/removePassword", `{"keyId":"` + none + `"}`, 400, "Request_BadRequest"},
		"removing without a key id":      {"all", "POST", app + "/removePassword", `{}`, 400, "Request_BadRequest"},
		"writing passwords by PATCH":     {"all", "PATCH", app, `{"passwordCredentials":[]}`, 400, "Request_BadRequest"},
		"writing a property of nothing":  {"all", "PATCH", app, `{"colour":"blue"}`, 400, "Request_BadRequest"},
		"writing an id":                  {"all", "PATCH", app, `{"id":"x"}`, 400, "Request_BadRequest"},
		"writing a key without a key":    {"all", "PATCH", app, `{"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify"}]}`, 400, "Request_BadRequest"},
		"me without a user":              {"all", "GET", "/v1.0/me", "", 400, "BadRequest"},
		"policies without a permission":  {"owner", "GET", "/v1.0/policies/defaultAppManagementPolicy", "", 403, "Authorization_RequestDenied"},
		"reports without a permission":   {"owner", "GET", "/beta/reports/appCredentialSignInActivities", "", 403, "Authorization_RequestDenied"},
		"the credential report in v1.0":  {"all", "GET", "/v1.0/reports/appCredentialSignInActivities", "", 400, "BadRequest"},
		"an owner that does not exist":   {"all", "POST", app + "/owners/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/` + none + `"}`, 404, "Request_ResourceNotFound"},
		"an owner twice":                 {"all", "POST", app + "/owners/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/` + b.app.Owners[0] + `"}`, 400, "Request_BadRequest"},
		"a second service principal":     {"all", "POST", "/v1.0/servicePrincipals", `{"appId":"` + b.app.AppID + `"}`, 409, "Request_MultipleObjectsWithSameKeyValue"},
		"a batch of nothing":             {"all", "POST", "/v1.0/$batch", `{"requests":[]}`, 400, "BadRequest"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := b.do(t, tc.who, tc.method, tc.path, tc.body)
			if got.status != tc.status || got.code() != tc.code {
				t.Errorf("got %d %s (%s), want %d %s", got.status, got.code(), got.message(), tc.status, tc.code)
			}
			inner, _ := got.body["error"].(map[string]any)["innerError"].(map[string]any)
			if inner["request-id"] != got.header.Get("request-id") || inner["date"] == nil {
				t.Errorf("inner error %v", inner)
			}
		})
	}
}

func TestAPathMayNameTheTenant(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for _, tenant := range []string{b.tenant.ID, "contoso.onmicrosoft.com", "myorganization"} {
		if got := b.do(t, "all", "GET", "/v1.0/"+tenant+"/applications/"+b.app.ObjectID, ""); got.body["id"] != b.app.ObjectID {
			t.Errorf("%s: %d %s", tenant, got.status, got.message())
		}
	}
	if got := b.do(t, "all", "GET", "/v1.0/fabrikam.onmicrosoft.com/applications", ""); got.code() != "BadRequest" {
		t.Errorf("another tenant: %d", got.status)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for text, wanted := range map[string]string{
		`"displayName:provision"`: "Provision Assist",
		`"provision"`:             "Provision Assist",
		`provision`:               "Provision Assist",
		`"displayName:provision" AND "displayName:assist"`:            "Provision Assist",
		`"displayName:provision" AND "displayName:other"`:             "",
		`"displayName:provision" OR "displayName:other"`:              "Provision Assist Other",
		`"displayName:x" AND "displayName:y" OR  "displayName:other"`: "Other",
		`displayName:provision`:                                       "!Syntax error: character ':' is not valid at position 11 in 'displayName:provision'.",
		`"displayName:provision" "displayName:other"`:                 `!Syntax error: character '"' is not valid at position 24 in '"displayName:provision" "displayName:other"'.`,
		`"displayName:provision`:                                      `!Syntax error: character '"' is not valid at position 0 in '"displayName:provision'.`,
		`"displayName:provision" AND`:                                 `!Syntax error: character 'D' is not valid at position 26 in '"displayName:provision" AND'.`,
		`"colour:blue"`:                                               "!Unsupported or invalid query filter clause specified for property 'colour' of resource 'application'.",
	} {
		r := httptest.NewRequest(http.MethodGet, "https://graph.microsoft.com/v1.0/applications?"+q("search", text), nil)
		r.Header.Set("Authorization", "Bearer "+b.tokens["all"])
		r.Header.Set("ConsistencyLevel", "eventual")
		answer := b.serve(t, r)
		var names []string
		for _, app := range answer.list() {
			names = append(names, app["displayName"].(string))
		}
		got := strings.Join(names, " ")
		if answer.status != http.StatusOK {
			got = "!" + answer.message()
		}
		if got != wanted {
			t.Errorf("%s: got %q", text, got)
		}
	}
}

func TestTokensAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	token := b.tokens["all"]
	tests := map[string]struct{ header, message string }{
		"empty":            {"Bearer ", "Access token is empty."},
		"another kind":     {"Basic abc", "Access token is empty."},
		"no token":         {"Bearer abc", "IDX14100"},
		"nonsense":         {"Bearer a.b.c", "CompactToken parsing failed"},
		"a signature gone": {"Bearer " + token[:len(token)-12] + "AAAAAAAAAAAA", "Signing key is invalid."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "https://graph.microsoft.com/v1.0/applications", nil)
			r.Header.Set("Authorization", tc.header)
			if got := b.serve(t, r); got.status != http.StatusUnauthorized || !strings.HasPrefix(got.message(), tc.message) || got.header.Get("WWW-Authenticate") == "" {
				t.Errorf("got %d %q", got.status, got.message())
			}
		})
	}
	t.Run("an expired one", func(t *testing.T) {
		b.w.Advance(2 * time.Hour)
		if got := b.do(t, "all", "GET", "/v1.0/applications", ""); got.message() != "Lifetime validation failed, the token is expired." {
			t.Errorf("got %d %q", got.status, got.message())
		}
	})
}

func TestShapesAreThoseRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for path, keys := range map[string]string{
		"/v1.0/applications/" + b.app.ObjectID: "@odata.context addIns api appId appRoles applicationTemplateId certification createdByAppId " +
			"createdDateTime defaultRedirectUri deletedDateTime description disabledByMicrosoftStatus displayName groupMembershipClaims id " +
			"identifierUris info isDeviceOnlyAuthSupported isDisabled isFallbackPublicClient keyCredentials nativeAuthenticationApisEnabled " +
			"notes optionalClaims parentalControlSettings passwordCredentials publicClient publisherDomain requestSignatureVerification " +
			"requiredResourceAccess samlMetadataUrl serviceManagementReference servicePrincipalLockConfiguration signInAudience spa tags " +
			"tokenEncryptionKeyId uniqueName verifiedPublisher web",
		"/v1.0/servicePrincipals(appId='" + b.app.AppID + "')": "@odata.context accountEnabled addIns alternativeNames appDescription " +
			"appDisplayName appId appOwnerOrganizationId appRoleAssignmentRequired appRoles applicationTemplateId createdByAppId createdDateTime " +
			"deletedDateTime description disabledByMicrosoftStatus displayName homepage id info isDisabled keyCredentials loginUrl logoutUrl " +
			"notes notificationEmailAddresses oauth2PermissionScopes passwordCredentials preferredSingleSignOnMode " +
			"preferredTokenSigningKeyThumbprint replyUrls resourceSpecificApplicationPermissions samlSingleSignOnSettings " +
			"servicePrincipalNames servicePrincipalType signInAudience tags tokenEncryptionKeyId verifiedPublisher",
	} {
		got := b.do(t, "reader", http.MethodGet, path, "")
		var names []string
		for name := range got.body {
			names = append(names, name)
		}
		slices.Sort(names)
		if strings.Join(names, " ") != keys {
			t.Errorf("%s has the properties\n%s\nwant\n%s", path, strings.Join(names, " "), keys)
		}
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.w.Lock()
	for i := range 250 {
		b.d.AddApplication(b.tenant.ID, directory.AppSpec{DisplayName: fmt.Sprintf("Bulk %03d", i)})
	}
	b.w.Unlock()
	counts := map[string]int{
		"/v1.0/applications?" + q("filter", "startswith(displayName,'bulk')"):                                       250,
		"/v1.0/applications?$top=999":                                                                               256,
		"/v1.0/applications?$top=7&" + q("filter", "startswith(displayName, 'Bulk 1')"):                             100,
		"/v1.0/applications?%24filter=appId%20eq%20%27" + b.app.AppID + "%27":                                       1,
		"/v1.0/applications?" + q("filter", "id in ('"+b.app.ObjectID+"','"+b.other.ObjectID+"')"):                  2,
		"/v1.0/servicePrincipals?" + q("filter", "servicePrincipalNames/any(c:c eq 'https://graph.microsoft.com')"): 1,
		"/v1.0/servicePrincipals?" + q("filter", "servicePrincipalType eq 'Legacy'"):                                0,
		"/v1.0/applications/" + b.app.ObjectID + "/owners?$select=id":                                               1,
	}
	for path, want := range counts {
		total, pages := 0, 0
		for next := path; next != ""; pages++ {
			got := b.do(t, "reader", http.MethodGet, next, "")
			if got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", next, got.status, got.message())
			}
			total += len(got.list())
			link, _ := got.body["@odata.nextLink"].(string)
			next = strings.TrimPrefix(link, "https://graph.microsoft.com")
		}
		if total != want {
			t.Errorf("%s answers %d objects in %d pages, want %d", path, total, pages, want)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "https://graph.microsoft.com/v1.0/applications?$count=true&$top=1&"+q("filter", "not startswith(displayName,'Bulk')"), nil)
	r.Header.Set("Authorization", "Bearer "+b.tokens["reader"])
	r.Header.Set("ConsistencyLevel", "eventual")
	if got := b.serve(t, r); got.body["@odata.count"] != 6.0 {
		t.Errorf("count: %v", got.body)
	}
}

func TestSelectCutsDocuments(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	got := b.do(t, "reader", http.MethodGet, "/v1.0//applications(appId='"+strings.ToUpper(b.app.AppID)+"')/?$select=id,%20displayName", "")
	if len(got.body) != 3 || got.body["id"] != b.app.ObjectID || got.body["@odata.context"] != "https://graph.microsoft.com/v1.0/$metadata#applications(id,displayName)/$entity" {
		t.Errorf("got %v", got.body)
	}
	got = b.do(t, "reader", http.MethodGet, "/v1.0/applications/"+b.app.ObjectID+"/passwordCredentials", "")
	if got.status != http.StatusOK || got.body["value"] == nil {
		t.Errorf("a single property: %v", got.body)
	}
	if got := b.do(t, "reader", http.MethodHead, "/v1.0/applications/"+b.app.ObjectID, ""); got.status != http.StatusOK {
		t.Errorf("HEAD: %d", got.status)
	}
}
