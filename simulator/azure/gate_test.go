package azure_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

func TestPathsInAnyFormMeanTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	for name, path := range map[string]string{
		"as documented":               kvID,
		"lower case":                  strings.ToLower(kvID),
		"upper case":                  strings.ToUpper(kvID),
		"a doubled slash in front":    "/" + kvID,
		"doubled slashes inside":      strings.ReplaceAll(kvID, "/providers/", "//providers//"),
		"a slash at the end":          kvID + "/",
		"percent-encoded letters":     strings.Replace(kvID, "connections", "%63onnections", 1),
		"percent-encoded in the name": strings.Replace(kvID, "app-kv", "app%2Dkv", 1),
	} {
		if a := b.do(t, http.MethodGet, path+web, ""); a.status != http.StatusOK || a.body["id"] != kvID {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	if a := b.do(t, http.MethodGet, kvID+"?API-VERSION=2016-06-01", ""); a.status != http.StatusOK {
		t.Errorf("query names in another letter case: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, sub+"/resources?api-version=2021-04-01&%24filter=name%20eq%20%27app-kv%27", ""); a.names() != "app-kv" {
		t.Errorf("percent-encoded query names: %s", a.text)
	}
}

func TestVersionIsDemandedAndChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	cases := map[string]struct{ path, code string }{
		"none":                             {kvID, "MissingApiVersionParameter"},
		"an empty one":                     {kvID + "?api-version=", "MissingApiVersionParameter"},
		"one of no form":                   {kvID + "?api-version=latest", "InvalidApiVersionParameter"},
		"one that connections never had":   {kvID + "?api-version=2022-03-01", "NoRegisteredProviderFound"},
		"one that workflows never had":     {flowID + "?api-version=2023-01-01", "NoRegisteredProviderFound"},
		"an old one that vaults never had": {vaultID + "?api-version=2017-01-01", "NoRegisteredProviderFound"},
		"one that variables never had":     {accountID + "/variables/logoUrl?api-version=2016-01-01", "NoRegisteredProviderFound"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, b.do(t, http.MethodGet, c.path, ""), http.StatusBadRequest, c.code)
		})
	}
	want(t, b.doAs(t, "", http.MethodGet, "/subscriptions", ""), http.StatusBadRequest, "MissingApiVersionParameter")
	for _, path := range []string{kvID + "?api-version=2018-07-01-preview", flowID + "?api-version=2016-06-01", vaultID + "?api-version=2019-09-01", vaultID + "?api-version=2027-01-01", accountID + "/variables/logoUrl?api-version=2019-06-01"} {
		if a := b.do(t, http.MethodGet, path, ""); a.status != http.StatusOK {
			t.Errorf("%s: %s", path, a.text)
		}
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	b.w.Lock()
	stranger := b.d.AddApplication(otherID, directory.AppSpec{DisplayName: "stranger"})
	b.w.Unlock()
	cases := map[string]struct{ header, code string }{
		"no header":             {"", "AuthenticationFailed"},
		"another scheme":        {"Basic abc", "AuthenticationFailedInvalidHeader"},
		"a word":                {"Bearer abc", "InvalidAuthenticationToken"},
		"for the vault":         {"Bearer " + b.mintFor(t, b.app, "https://vault.azure.net"), "InvalidAuthenticationToken"},
		"of another tenant":     {"Bearer " + b.mint(t, stranger), "InvalidAuthenticationTokenTenant"},
		"with a bent signature": {"Bearer " + b.token[:len(b.token)-8] + "AAAAAAAA", "InvalidAuthenticationToken"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "https://management.azure.com"+group+rm, nil)
			if c.header != "" {
				r.Header.Set("Authorization", c.header)
			}
			a := b.send(r)
			want(t, a, http.StatusUnauthorized, c.code)
			if got := a.header.Get("WWW-Authenticate"); !strings.Contains(got, tenantID) || !strings.Contains(got, "authorization_uri=") {
				t.Errorf("challenge %q does not name the tenant", got)
			}
		})
	}
	if a := b.doAs(t, b.mintFor(t, b.app, "https://management.core.windows.net/"), http.MethodGet, group+rm, ""); a.status != http.StatusOK {
		t.Errorf("the classic audience: %s", a.text)
	}
	b.w.Advance(3 * time.Hour)
	want(t, b.do(t, http.MethodGet, group+rm, ""), http.StatusUnauthorized, "ExpiredAuthenticationToken")
}

func TestRightsAreAskedAtTheirScope(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	b.custom(t, "Renewer", "Microsoft.Web/connections/read", "Microsoft.Web/connections/write")
	reader, _ := b.caller(t, "Reader", group)
	renewer, _ := b.caller(t, "Renewer", kvID)
	nobody, app := b.caller(t, "", "")
	put := `{"location":"westeurope","properties":{"api":{"id":"` + kvAPI + `"},"parameterValues":{}}}`
	cases := map[string]struct {
		token, method, path, body string
		status                    int
		action, scope             string
	}{
		"a reader reads":                         {reader, http.MethodGet, kvID + web, "", 200, "", ""},
		"a reader lists":                         {reader, http.MethodGet, group + "/providers/Microsoft.Web/connections" + web, "", 200, "", ""},
		"a reader does not write":                {reader, http.MethodPut, kvID + web, put, 403, "Microsoft.Web/connections/write", kvID},
		"a reader does not run":                  {reader, http.MethodPost, flowID + "/triggers/manual/run" + logic, "", 403, "Microsoft.Logic/workflows/triggers/run/action", flowID + "/triggers/manual"},
		"a reader does not read callback urls":   {reader, http.MethodPost, flowID + "/triggers/manual/listCallbackUrl" + logic, "", 403, "Microsoft.Logic/workflows/triggers/listCallbackUrl/action", flowID + "/triggers/manual"},
		"a reader does not grant":                {reader, http.MethodPut, group + "/providers/Microsoft.Authorization/roleAssignments/" + subscription + access, `{}`, 403, "Microsoft.Authorization/roleAssignments/write", group + "/providers/Microsoft.Authorization/roleAssignments/" + subscription},
		"a narrow role writes its own":           {renewer, http.MethodPut, kvID + web, put, 200, "", ""},
		"a narrow role does not write others":    {renewer, http.MethodPut, spoID + web, put, 403, "Microsoft.Web/connections/write", spoID},
		"a narrow role does not list":            {renewer, http.MethodGet, group + "/providers/Microsoft.Web/connections" + web, "", 403, "Microsoft.Web/connections/read", group + "/providers/Microsoft.Web"},
		"a narrow role does not touch variables": {renewer, http.MethodGet, accountID + "/variables/logoUrl" + automation, "", 403, "Microsoft.Automation/automationAccounts/variables/read", accountID + "/variables/logoUrl"},
		"without a role nothing is read":         {nobody, http.MethodGet, kvID + web, "", 403, "Microsoft.Web/connections/read", kvID},
		"nor learned whether it exists":          {nobody, http.MethodGet, group + "/providers/Microsoft.Web/connections/none" + web, "", 403, "Microsoft.Web/connections/read", group + "/providers/Microsoft.Web/connections/none"},
		"nor a group that is not there":          {nobody, http.MethodGet, sub + "/resourceGroups/none" + rm, "", 403, "Microsoft.Resources/subscriptions/resourceGroups/read", sub + "/resourceGroups/none"},
	}
	for name, c := range cases {
		a := b.doAs(t, c.token, c.method, c.path, c.body)
		if a.status != c.status {
			t.Errorf("%s: got %d %s", name, a.status, a.text)
			continue
		}
		message, _ := a.at("error", "message").(string)
		if c.status == 403 && (a.code() != "AuthorizationFailed" || !strings.Contains(message, "action '"+c.action+"' over scope '"+c.scope+"'")) {
			t.Errorf("%s: got %s", name, a.text)
		}
	}
	a := b.doAs(t, nobody, http.MethodGet, kvID+web, "")
	if message, _ := a.at("error", "message").(string); !strings.Contains(message, app.AppID) || !strings.Contains(message, b.object(app)) {
		t.Errorf("the refusal names neither client nor object id: %s", a.text)
	}
}

func TestThingsThatAreNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	cases := map[string]struct {
		path   string
		status int
		code   string
	}{
		"a subscription":          {"/subscriptions/aaaaaaaa-1111-4222-8333-cccccccccccc" + rm, 404, "SubscriptionNotFound"},
		"a malformed one":         {"/subscriptions/abc" + rm, 400, "InvalidSubscriptionId"},
		"a group":                 {sub + "/resourceGroups/none" + rm, 404, "ResourceGroupNotFound"},
		"a resource's group":      {sub + "/resourceGroups/none/providers/Microsoft.Web/connections/x" + web, 404, "ResourceGroupNotFound"},
		"a connection":            {group + "/providers/Microsoft.Web/connections/none" + web, 404, "ResourceNotFound"},
		"a vault":                 {group + "/providers/Microsoft.KeyVault/vaults/none" + keyvault, 404, "ResourceNotFound"},
		"a workflow":              {group + "/providers/Microsoft.Logic/workflows/none" + logic, 404, "ResourceNotFound"},
		"a trigger":               {flowID + "/triggers/none" + logic, 404, "WorkflowTriggerNotFound"},
		"a run":                   {flowID + "/runs/none" + logic, 404, "WorkflowRunNotFound"},
		"an account's variable":   {accountID + "/variables/none" + automation, 404, "NotFound"},
		"a variable's account":    {strings.Replace(accountID, "app-auto", "none", 1) + "/variables/x" + automation, 404, "ResourceNotFound"},
		"a job":                   {accountID + "/jobs/none" + automation, 404, "NotFound"},
		"a namespace":             {group + "/providers/Microsoft.Nothing/things/x" + rm, 404, "InvalidResourceNamespace"},
		"any other resource":      {group + "/providers/Microsoft.Storage/storageAccounts/none" + rm, 404, "ResourceNotFound"},
		"a role definition":       {sub + "/providers/Microsoft.Authorization/roleDefinitions/none" + access, 404, "RoleDefinitionDoesNotExist"},
		"a role assignment":       {sub + "/providers/Microsoft.Authorization/roleAssignments/none" + access, 404, "RoleAssignmentNotFound"},
		"a lock":                  {sub + "/providers/Microsoft.Authorization/locks/none" + access, 404, "LockNotFound"},
		"a path outside the maps": {"/somewhere/else" + rm, 404, "NotFound"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, b.do(t, http.MethodGet, c.path, ""), c.status, c.code)
		})
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	for _, path := range []string{kvID + web, group + "/providers/Microsoft.Web/connections/none" + web, "/subscriptions" + rm} {
		h := b.do(t, http.MethodGet, path, "").header
		if h.Get("x-ms-request-id") == "" || h.Get("x-ms-correlation-request-id") == "" || h.Get("x-ms-routing-request-id") == "" {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("x-ms-ratelimit-remaining-subscription-reads")+h.Get("x-ms-ratelimit-remaining-tenant-reads") == "" {
			t.Errorf("%s tells no quota: %v", path, h)
		}
	}
}

func TestThrottlingInAnUnkindWorldOnly(t *testing.T) {
	t.Parallel()
	for _, settings := range []world.Settings{{Seed: 5}, gentle()} {
		b := newBench(t, settings)
		b.do(t, http.MethodGet, kvID+web, "")
		b.w.Lock()
		azure.DrainBuckets(b.s)
		b.w.Unlock()
		a := b.do(t, http.MethodGet, kvID+web, "")
		if settings.Gentle {
			want(t, a, http.StatusOK, "")
			continue
		}
		want(t, a, http.StatusTooManyRequests, "SubscriptionRequestsThrottled")
		if a.header.Get("Retry-After") == "" || a.header.Get("x-ms-request-id") == "" {
			t.Errorf("headers %v", a.header)
		}
		b.w.Advance(time.Minute)
		want(t, b.do(t, http.MethodGet, kvID+web, ""), http.StatusOK, "")
	}
}

func TestUserWithoutSecondFactorReadsButDoesNotWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	b.w.Lock()
	user := b.d.AddUser(tenantID, directory.UserSpec{Name: "admin@contoso.onmicrosoft.com", Password: "pw"})
	b.s.AddRoleAssignment(user.ObjectID, "Owner", sub)
	now := b.w.Now()
	b.w.Unlock()
	id := directory.Identity{Tenant: tenantID, AppID: b.app.AppID, ObjectID: user.ObjectID, User: true, UserName: user.Name, Audience: "https://management.azure.com", Issued: now, Expires: now.Add(time.Hour)}
	weak := b.d.Mint(id)
	id.MFA = true
	strong := b.d.Mint(id)
	put := `{"name":"logoUrl","properties":{"value":"1"}}`
	path := accountID + "/variables/logoUrl" + automation
	if a := b.doAs(t, weak, http.MethodGet, path, ""); a.status != http.StatusOK {
		t.Errorf("read: %s", a.text)
	}
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		want(t, b.doAs(t, weak, method, path, put), http.StatusForbidden, "RequestDisallowedByAzure")
	}
	if a := b.doAs(t, strong, http.MethodPut, path, put); a.status != http.StatusOK {
		t.Errorf("with a second factor: %s", a.text)
	}
}

func TestLocks(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	locks := group + "/providers/Microsoft.Authorization/locks"
	put := `{"name":"logoUrl","properties":{"value":"1"}}`
	path := accountID + "/variables/logoUrl" + automation
	if a := b.do(t, http.MethodPut, locks+"/hold"+access, `{"properties":{"level":"CanNotDelete"}}`); a.status != http.StatusCreated {
		t.Fatalf("lock: %s", a.text)
	}
	if a := b.do(t, http.MethodPut, path, put); a.status != http.StatusOK {
		t.Errorf("CanNotDelete lets writes through: %s", a.text)
	}
	want(t, b.do(t, http.MethodDelete, path, ""), http.StatusConflict, "ScopeLocked")
	if a := b.do(t, http.MethodPut, locks+"/hold"+access, `{"properties":{"level":"ReadOnly"}}`); a.status != http.StatusOK {
		t.Fatalf("lock: %s", a.text)
	}
	want(t, b.do(t, http.MethodPut, path, put), http.StatusConflict, "ScopeLocked")
	want(t, b.do(t, http.MethodPost, flowID+"/triggers/manual/run"+logic, ""), http.StatusConflict, "ScopeLocked")
	if a := b.do(t, http.MethodGet, path, ""); a.status != http.StatusOK {
		t.Errorf("reading goes on: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, accountID+"/providers/Microsoft.Authorization/locks"+access, ""); a.names() != "hold" {
		t.Errorf("a lock above is listed below: %s", a.text)
	}
	if a := b.do(t, http.MethodDelete, locks+"/hold"+access, ""); a.status != http.StatusOK {
		t.Errorf("unlock: %s", a.text)
	}
	if a := b.do(t, http.MethodPut, path, put); a.status != http.StatusOK {
		t.Errorf("after unlocking: %s", a.text)
	}
}

func TestLockAndPolicySwitches(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	put := `{"name":"logoUrl","properties":{"value":"1"}}`
	path := accountID + "/variables/logoUrl" + automation
	cases := []struct {
		name, value, code string
	}{
		{azure.LockSwitch, "on", "ScopeLocked"},
		{azure.LockSwitch, accountID, "ScopeLocked"},
		{azure.LockSwitch, kvID, ""},
		{azure.LockSwitch, "", ""},
		{azure.PolicySwitch, "on", "RequestDisallowedByPolicy"},
		{azure.PolicySwitch, "microsoft.automation/automationaccounts/variables", "RequestDisallowedByPolicy"},
		{azure.PolicySwitch, "Microsoft.Web/connections", ""},
		{azure.PolicySwitch, "off", ""},
	}
	for _, c := range cases {
		b.flip(t, c.name, c.value)
		a := b.do(t, http.MethodPut, path, put)
		if a.code() != c.code {
			t.Errorf("%s %q: got %d %s", c.name, c.value, a.status, a.text)
		}
		if c.code == "RequestDisallowedByPolicy" && (a.status != http.StatusForbidden || a.at("error", "additionalInfo") == nil) {
			t.Errorf("%s %q: got %d %s", c.name, c.value, a.status, a.text)
		}
	}
}

func TestContentThatIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	paths := []string{
		kvID + web, accountID + "/variables/logoUrl" + automation, accountID + "/jobs/1" + automation, vaultID + keyvault, vaultID + "/accessPolicies/add" + keyvault, vaultID + "/secrets/s" + keyvault, flowID + logic,
		group + "/providers/Microsoft.Storage/storageAccounts/x" + rm, sub + "/resourceGroups/new" + rm, group + "/providers/Microsoft.Authorization/locks/l" + access,
		group + "/providers/Microsoft.Authorization/roleAssignments/" + subscription + access, group + "/providers/Microsoft.Authorization/roleDefinitions/" + subscription + access,
	}
	for _, path := range paths {
		for name, body := range map[string]string{"cut off": `{"properties":`, "an array": `[]`, "a text": `"x"`, "wrong types": `{"properties":7,"tags":[],"location":{}}`, "nothing": ""} {
			a := b.do(t, http.MethodPut, path, body)
			if a.status != http.StatusBadRequest || a.code() == "" {
				t.Errorf("PUT %s with %s: %d %s", path, name, a.status, a.text)
			}
		}
	}
	want(t, b.do(t, http.MethodPut, kvID+web, `{"x":"`+strings.Repeat("y", 5<<20)+`"}`), http.StatusRequestEntityTooLarge, "RequestContentTooLarge")
	r := httptest.NewRequest(http.MethodPut, "https://management.azure.com"+kvID+web, strings.NewReader("a=b"))
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "text/xml")
	want(t, b.send(r), http.StatusUnsupportedMediaType, "UnsupportedMediaType")
	want(t, b.do(t, http.MethodPut, flowID+"/runs"+logic, `{}`), http.StatusMethodNotAllowed, "MethodNotAllowed")
	if a := b.do(t, "BREW", kvID+web, ""); a.status < 400 || a.code() == "" {
		t.Errorf("a verb of one's own: %d %s", a.status, a.text)
	}
}

// FuzzRequests sends any method, path and body as an owner: every answer must be one of HTTP's, and nothing may panic.
func FuzzRequests(f *testing.F) {
	b := newBench(f, gentle())
	for _, path := range []string{kvID, accountID + "/variables/x", flowID + "/triggers/manual/run", vaultID + "/accessPolicies/add", sub + "/resources", "/providers/Microsoft.ResourceGraph/resources", kvID + "/extensions/proxy/a/b"} {
		f.Add(http.MethodPut, path, `{"properties":{"parameterValues":{"a":"b"},"value":"1"},"location":"westeurope"}`)
		f.Add(http.MethodGet, path, "")
		f.Add(http.MethodPost, path, `{"query":"resources"}`)
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r := httptest.NewRequest(http.MethodGet, "https://management.azure.com/", strings.NewReader(body))
		r.Method = method
		r.URL.Path, r.URL.RawQuery = path, "api-version=2016-06-01"
		r.Header.Set("Authorization", "Bearer "+b.token)
		if a := b.send(r); a.status < 200 || a.status > 599 {
			t.Errorf("%s %q: status %d", method, path, a.status)
		}
	})
}

func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 40 {
				b.do(t, http.MethodPatch, kvID+web, `{"tags":{"team":"`+strconv.Itoa(i)+`"}}`)
				b.do(t, http.MethodGet, kvID+web, "")
				b.do(t, http.MethodPut, kvID+web, `{"location":"westeurope","tags":{"a":"b"},"properties":{"api":{"id":"`+kvAPI+`"},"parameterValues":{"token:clientId":"x"}}}`)
				b.do(t, http.MethodGet, sub+"/resources"+rm, "")
				b.do(t, http.MethodPost, flowID+"/triggers/manual/run"+logic, "")
				b.do(t, http.MethodGet, flowID+"/runs"+logic, "")
			}
		})
	}
	all.Wait()
	if a := b.do(t, http.MethodGet, kvID+web, ""); a.status != http.StatusOK {
		t.Errorf("in the end: %s", a.text)
	}
}

func BenchmarkGetConnection(b *testing.B) {
	bench := newBench(b, gentle())
	for b.Loop() {
		bench.do(b, http.MethodGet, kvID+web, "")
	}
}
