package advice_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyturn/advice"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/problem"
)

var update = flag.Bool("update", false, "write the golden files")

const group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/"

func helpdesk() advice.AddInCase {
	return advice.AddInCase{
		AddIn: inventory.AddIn{
			App: "Help's <Desk>", ClientID: "22222222-2222-2222-2222-222222222222", ObjectID: "33333333-3333-3333-3333-333333333333",
			Registered: "legacy principal", Passwords: 1, Signing: 1, Verifying: 1, Expires: time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC),
			State: inventory.Due, Used: "seen", LastUse: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
		},
		Tenant: "contoso.onmicrosoft.com", Site: "https://contoso.sharepoint.com/sites/helpdesk/",
		Requests: []advice.Request{{"http://sharepoint/content/sitecollection/web", "Manage"}, {"http://sharepoint/content/sitecollection/web/list", "Read"}, {"http://sharepoint/bcs/connection", "Read"}},
		Places:   []string{`web.config C:\inetpub\helpdesk\web.config`},
	}
}

func solution() advice.AppCase {
	connection := group + "Microsoft.Web/connections/kv"
	vault := inventory.Block{Kind: inventory.KindConnection, Fields: []inventory.Field{{Name: "parameters", Fields: []inventory.Field{{Name: "vaultName", Text: "kv-a"}}}}}
	flow := inventory.Consumer{Resource: group + "Microsoft.Logic/workflows/Sync", Name: "Sync"}
	return advice.AppCase{
		App: credential.App{Name: "Solution", ClientID: "44444444-4444-4444-4444-444444444444", Credentials: []credential.Credential{
			{KeyID: "55555555-5555-5555-5555-555555555555", Kind: credential.Password, DisplayName: "installer", End: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)},
			{KeyID: "c", Kind: credential.Certificate},
		}},
		Findings: []inventory.Finding{
			{Kind: inventory.KindVault, Title: "kv-a/appSecret", Resource: group + "Microsoft.KeyVault/vaults/kv-a/secrets/appSecret", Why: "it fits", Consumers: []inventory.Consumer{flow}},
			{Kind: inventory.KindConnection, API: "keyvault", Title: "kv", Resource: connection, Why: "it shows", Block: vault, Consumers: []inventory.Consumer{flow, flow}},
			{Kind: inventory.KindConnection, API: "servicebus", Title: "queue", Resource: group + "Microsoft.Web/connections/queue", Why: "it shows"},
			{Kind: inventory.KindVariable, Title: "auto/appSecret", Resource: group + "Microsoft.Automation/automationAccounts/auto/variables/appSecret", Why: "its name"},
		},
		Notes: []string{"one vault couldn't be read"}, Federated: 2,
	}
}

func TestPagesAreAsKept(t *testing.T) {
	t.Parallel()
	unknown := advice.AddInCase{AddIn: inventory.AddIn{App: "Left over", ClientID: "x", ObjectID: "y", Registered: "app registration", Used: "unknown"}, Tenant: "contoso.onmicrosoft.com"}
	for name, a := range map[string]advice.Advice{
		"addin": advice.ForAddIn(helpdesk()), "addin-unknown": advice.ForAddIn(unknown), "app": advice.ForApp(solution()), "app-bare": advice.ForApp(advice.AppCase{App: credential.App{Name: "Bare", ClientID: "z"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", name+".md")
			if *update {
				if err := os.WriteFile(path, []byte(a.Markdown()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Markdown(); got != strings.ReplaceAll(string(want), "\r\n", "\n") {
				t.Errorf("%s differs (go test ./advice -update writes it anew):\n%s", path, got)
			}
		})
	}
}

func TestOtherPeoplesTextStaysText(t *testing.T) {
	t.Parallel()
	c := helpdesk()
	c.AddIn.App = "a'; Remove-Item C:\\ -Recurse; '\n# b <script>"
	page := advice.ForAddIn(c).Markdown()
	if strings.Contains(page, "<script") && !strings.Contains(page, "```") {
		t.Error("a tag is left")
	}
	for _, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "# b") || strings.HasPrefix(line, "Remove-Item") {
			t.Errorf("a name broke out of its line: %s", line)
		}
	}
	if !strings.Contains(page, "'a''; Remove-Item C:\\ -Recurse; '' # b <script> (Entra)'") {
		t.Errorf("the script doesn't quote the name: %s", page)
	}
}

func TestPermissionsAreTranslated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request    advice.Request
		permission string
		role       string
	}{
		"the own site":         {advice.Request{"http://sharepoint/content/sitecollection", "FullControl"}, "Sites.Selected", "fullcontrol"},
		"one web":              {advice.Request{"HTTP://SharePoint/content/sitecollection/web/", "write"}, "Sites.Selected", "write"},
		"the whole tenant":     {advice.Request{"http://sharepoint/content/tenant", "Manage"}, "Sites.Manage.All", ""},
		"terms":                {advice.Request{"http://sharepoint/taxonomy", "Write"}, "TermStore.ReadWrite.All", ""},
		"search":               {advice.Request{"http://sharepoint/search", "QueryAsUserIgnoreAppPrincipal"}, "Sites.Read.All", ""},
		"people":               {advice.Request{"http://sharepoint/social/core", "Read"}, "User.Read.All", ""},
		"what is gone":         {advice.Request{"http://sharepoint/bcs/connection", "Read"}, "", ""},
		"what isn't known":     {advice.Request{"http://sharepoint/new/thing", "Read"}, "", ""},
		"a right not known":    {advice.Request{"http://sharepoint/taxonomy", "Elevate"}, "", ""},
		"delegated alone":      {advice.Request{"http://sharepoint/projectserver", "Read"}, "", ""},
		"terms, with no right": {advice.Request{"http://sharepoint/taxonomy", "Manage"}, "", ""},
	} {
		got := advice.Translate(c.request)
		if got.Permission != c.permission || got.Role != c.role || got.Request != c.request || (got.Permission == "" && got.Note == "" && name != "terms, with no right") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPermissionsAreRead(t *testing.T) {
	t.Parallel()
	manifest := "\xef\xbb\xbf" + `<?xml version="1.0" encoding="utf-8"?>
<App xmlns="http://schemas.microsoft.com/sharepoint/2012/app/manifest" Name="HelpDesk"><!-- <AppPermissionRequest Scope="no"/> -->
  <AppPermissionRequests AllowAppOnlyPolicy="true">
    <AppPermissionRequest Scope="http://sharepoint/content/sitecollection" Right="FullControl" />
    <AppPermissionRequest Right="Read" Scope="http://sharepoint/taxonomy"></AppPermissionRequest>
  </AppPermissionRequests>
</App>`
	got, err := advice.ReadRequests([]byte(manifest))
	if err != nil || len(got) != 2 || got[0].Right != "FullControl" || got[1].Scope != "http://sharepoint/taxonomy" {
		t.Errorf("%+v, %v", got, err)
	}
	for name, text := range map[string]string{"nothing": "", "no XML": "client id; secret", "another file": "<configuration/>", "half a file": "<AppPermissionRequests>"} {
		if _, err := advice.ReadRequests([]byte(text)); !problem.Is(err, "permissions.unreadable") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReadRequests(f *testing.F) {
	f.Add([]byte(`<AppPermissionRequests><AppPermissionRequest Scope="a" Right="b"/></AppPermissionRequests>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		requests, err := advice.ReadRequests(text)
		if (err == nil) != (len(requests) > 0) {
			t.Errorf("%v, %v", requests, err)
		}
		for _, r := range requests {
			if translated := advice.Translate(r); translated.Request != r {
				t.Errorf("%+v became %+v", r, translated)
			}
		}
	})
}
