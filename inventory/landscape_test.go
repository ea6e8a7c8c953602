package inventory_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"

	"keyturn/arm"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/vault"
)

const group = "/subscriptions/s1/resourceGroups/rg/providers/"

// plane is a control plane in memory: what it lists, what it answers by id and page, and what it refuses.
type plane struct {
	listed  map[string][]string // ids by type
	answers map[string]string   // JSON by id, or by "id page"
	refuses map[string]error    // by id, or by type
	none    bool                // no subscription shows
}

func (p plane) Subscriptions(context.Context) ([]arm.Subscription, error) {
	if p.none {
		return []arm.Subscription{{ID: "off", State: "Disabled"}}, p.refuses["subscriptions"]
	}
	return []arm.Subscription{{ID: "s1", State: "Enabled"}}, p.refuses["subscriptions"]
}

func (p plane) Resources(_ context.Context, scope, kind string) iter.Seq2[arm.Resource, error] {
	return func(yield func(arm.Resource, error) bool) {
		if scope != "/subscriptions/s1" {
			yield(arm.Resource{}, fmt.Errorf("looked into %s", scope))
			return
		}
		if err := p.refuses[kind]; err != nil {
			yield(arm.Resource{}, err)
			return
		}
		for _, id := range p.listed[kind] {
			if !yield(arm.Resource{ID: id, Name: id[strings.LastIndex(id, "/")+1:]}, nil) {
				return
			}
		}
	}
}

func (p plane) Do(_ context.Context, call arm.Call) (http.Header, error) {
	if call.Method != "" && call.Method != http.MethodGet {
		return nil, fmt.Errorf("a %s was sent", call.Method)
	}
	if err := p.refuses[call.ID]; err != nil {
		return nil, err
	}
	key := strings.TrimSpace(call.ID + " " + call.Query.Get("$skiptoken"))
	answer, ok := p.answers[key]
	if !ok {
		return nil, &problem.Error{Class: problem.Permanent, Code: problem.NotFound, Subject: key, Message: "isn't there"}
	}
	return http.Header{}, json.Unmarshal([]byte(answer), call.Into)
}

// safes are vaults in memory, each with one secret.
type safes struct {
	values map[string]string // of appSecret, by vault
	read   *[]string
}

func (s safes) List(_ context.Context, name string) (map[string]vault.Version, error) {
	if _, ok := s.values[name]; !ok {
		return nil, problem.NeedsPerson(problem.Firewall, "vault "+name, "refuses this network address", "go elsewhere")
	}
	return map[string]vault.Version{"appSecret": {}, "cert": {ContentType: "application/x-pkcs12"}, "db-password": {}}, nil
}

func (s safes) Get(_ context.Context, name, secretName, _ string) (vault.Version, error) {
	*s.read = append(*s.read, name+"/"+secretName)
	return vault.Version{Value: secret.New(s.values[name])}, nil
}

func hidden(name string) (id, answer string) {
	id = group + "Microsoft.Web/connections/" + name
	return id, `{"id":"` + id + `","properties":{"api":{"name":"keyvault"}}}`
}

func flow(name string, connections ...string) (id, answer string) {
	id = group + "Microsoft.Logic/workflows/" + name
	used := map[string]any{}
	for i, c := range connections {
		used[fmt.Sprint("c", i)] = map[string]string{"connectionId": strings.ToUpper(c)}
	}
	text, err := json.Marshal(map[string]any{"id": id, "properties": map[string]any{
		"definition": map[string]any{}, "parameters": map[string]any{"$connections": map[string]any{"value": used}},
	}})
	if err != nil {
		panic(err)
	}
	return id, string(text)
}

// withHidden is a tenant with a hidden connection in use, one that nobody uses, and so many vaults beside them.
func withHidden(vaults int) plane {
	used, usedAnswer := hidden("used")
	idle, idleAnswer := hidden("idle")
	app, appAnswer := flow("app", used)
	p := plane{
		listed: map[string][]string{
			"Microsoft.Web/connections": {idle, used}, "Microsoft.Logic/workflows": {app},
		},
		answers: map[string]string{used: usedAnswer, idle: idleAnswer, app: appAnswer},
		refuses: map[string]error{},
	}
	for i := range vaults {
		p.listed["Microsoft.KeyVault/vaults"] = append(p.listed["Microsoft.KeyVault/vaults"], fmt.Sprintf("%sMicrosoft.KeyVault/vaults/kv%02d", group, i))
	}
	return p
}

func wanted() inventory.Query {
	one := password("k1", 20)
	one.Hint = "abc"
	return inventory.Query{App: credential.App{ClientID: "c1", Name: "App", Credentials: []credential.Credential{one}}, Values: true}
}

func find(t *testing.T, p plane, s safes, q inventory.Query) inventory.Report {
	t.Helper()
	report, err := inventory.Finder{Resources: p, Vaults: s}.Discover(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestDiscoverGoesByFirstCharactersWhereNothingElseShows(t *testing.T) {
	t.Parallel()
	var read []string
	s := safes{values: map[string]string{"kv00": "abc-this-is-the-secret-in-use", "kv01": "xyz-this-is-another-app's"}, read: &read}
	report := find(t, withHidden(3), s, wanted())
	equal(t, "findings", told(report.Findings), []string{"guess keyVaultSecret kv00/appSecret", "candidate keyVaultSecret kv01/appSecret", "candidate apiConnection used"})
	equal(t, "read", read, []string{"kv00/appSecret", "kv01/appSecret"})
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "kv02 couldn't be read") {
		t.Errorf("notes %q", report.Notes)
	}
}

func TestDiscoverSearchesNoCrowdOfVaults(t *testing.T) {
	t.Parallel()
	var read []string
	report := find(t, withHidden(11), safes{read: &read}, wanted())
	equal(t, "findings", told(report.Findings), []string{"candidate apiConnection used"})
	if len(read) != 0 || len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "name the application's vault") {
		t.Errorf("read %q, notes %q", read, report.Notes)
	}
	q := wanted()
	q.Vaults = []string{"KV07"}
	s := safes{values: map[string]string{"kv07": "abc-this-is-the-secret-in-use"}, read: &read}
	equal(t, "with the vault named", told(find(t, withHidden(11), s, q).Findings), []string{"guess keyVaultSecret kv07/appSecret", "candidate apiConnection used"})
}

func TestDiscoverReadsNoValueThatCouldTellNothing(t *testing.T) {
	t.Parallel()
	var read []string
	q := wanted()
	q.App.Credentials[0].Hint = ""
	report := find(t, withHidden(1), safes{values: map[string]string{"kv00": "abc-this-is-the-secret-in-use"}, read: &read}, q)
	equal(t, "findings", told(report.Findings), []string{"candidate keyVaultSecret kv00/appSecret", "candidate apiConnection used"})
	pack, _ := inventory.FindPack("provision-assist")
	equal(t, "judged", told(pack.Judge(report).Findings), []string{"guess keyVaultSecret kv00/appSecret", "candidate apiConnection used"})
	if len(read) != 0 {
		t.Errorf("the directory shows no first characters to compare with, yet %q was read", read)
	}
}

func TestDiscoverFollowsEveryPageOfVariables(t *testing.T) {
	t.Parallel()
	p := withHidden(1)
	account := group + "Microsoft.Automation/automationAccounts/auto"
	p.listed["Microsoft.Automation/automationAccounts"] = []string{account}
	list := account + "/variables"
	p.answers[list] = `{"value":[{"name":"clientSecret","properties":{"isEncrypted":true}},{"name":"plainSecret","properties":{"isEncrypted":false,"value":"\"x\""}}],
		"nextLink":"https://elsewhere.example/other/path?api-version=1&$skiptoken=2"}`
	p.answers[list+" 2"] = `{"value":[{"name":"AppKey","properties":{"isEncrypted":true,"value":null}},{"name":"logo","properties":{"isEncrypted":true}}]}`
	var read []string
	report := find(t, p, safes{values: map[string]string{"kv00": "abc-this-is-the-secret-in-use"}, read: &read}, wanted())
	equal(t, "findings", told(report.Findings), []string{
		"guess keyVaultSecret kv00/appSecret", "candidate apiConnection used", "candidate automationVariable auto/AppKey", "candidate automationVariable auto/clientSecret",
	})
}

func TestDiscoverTellsWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	denied := problem.NeedsPerson(problem.Denied, "x", "may not be read", "grant Reader")
	p := withHidden(1)
	p.refuses["Microsoft.Logic/workflows"] = denied
	p.refuses[group+"Microsoft.Web/connections/idle"] = denied
	report := find(t, p, safes{}, wanted())
	equal(t, "notes", report.Notes, []string{
		group + "Microsoft.Web/connections/idle couldn't be read: may not be read",
		"Microsoft.Logic/workflows in /subscriptions/s1 couldn't be read: may not be read",
	})
	p.none = true
	if report := find(t, p, safes{}, wanted()); len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "no Azure subscription is visible") {
		t.Errorf("without a subscription: %q", report.Notes)
	}
}

func TestDiscoverFailsWhereTryingAgainMayHelp(t *testing.T) {
	t.Parallel()
	busy := problem.Later(problem.Throttled, "x", 0, errors.New("too many requests"))
	for name, refused := range map[string]string{
		"subscriptions": "subscriptions", "a list": "Microsoft.KeyVault/vaults", "one connection": group + "Microsoft.Web/connections/used",
	} {
		p := withHidden(1)
		p.refuses[refused] = busy
		_, err := inventory.Finder{Resources: p, Vaults: safes{}}.Discover(t.Context(), wanted())
		if !problem.Is(err, problem.Throttled) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}
