package apiconnection_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/apiconnection"
)

const (
	clientID = "7f0d0000-0000-0000-0000-000000000001"
	tenantID = "231b0000-0000-0000-0000-000000000002"
	aKV      = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/connections/kv"
)

// azure answers reads of one connection with a document, keeps what is put, and moves the time of change.
type azure struct {
	shown string
	put   any
	stuck bool // the time of change doesn't move
}

func (a *azure) Get(_ context.Context, _, _ string, into any) error {
	return json.Unmarshal([]byte(a.shown), into)
}

func (a *azure) Put(_ context.Context, _, _ string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	changed := "2026-11-22T10:00:01.5Z"
	if a.stuck {
		changed = "2026-11-22T10:00:00Z"
	}
	return errors.Join(json.Unmarshal(text, &a.put), json.Unmarshal([]byte(`{"properties":{"changedTime":"`+changed+`"}}`), into))
}

func (a *azure) CheckRights(_ context.Context, id, subject, _ string, _ ...string) check.Check {
	return check.Pass(id, subject, "")
}

func (a *azure) CheckLock(_ context.Context, id, subject, _ string) check.Check {
	return check.Pass(id, subject, "")
}

// document is a connection as GET shows it, with these properties beside the usual ones.
func document(api, properties string) string {
	if properties != "" {
		properties = "," + properties
	}
	return `{"kind":"V2","location":"westeurope","tags":{"owner":"it"},"properties":{"displayName":"A name","overallStatus":"Connected",
		"statuses":[{"status":"Connected"}],"createdTime":"2026-01-01T00:00:00Z","changedTime":"2026-11-22T10:00:00.0000000Z","customParameterValues":{},
		"api":{"id":"subscriptions/s/providers/Microsoft.Web/locations/westeurope/managedApis/` + api + `","displayName":"shown","iconUri":"x"},
		"testLinks":[]` + properties + `}}`
}

func at(t *testing.T, shown *azure, cfg apiconnection.Config) *apiconnection.Target {
	t.Helper()
	cfg.ResourceID = aKV
	made, err := apiconnection.New(cfg, clientID, apiconnection.Parts{ARM: shown})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func parcel() target.Parcel {
	return target.Parcel{Tag: "run.1", ClientID: clientID, TenantID: tenantID, Value: secret.New("the new one")}
}

func TestAConnectionIsPutInTheShapeInWhichItWasFound(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shown      string
		parameters map[string]string
		wantKey    string // where the settings are
		want       string // the settings
	}{
		"settings shown": {
			shown: document("keyvault", `"nonSecretParameterValues":{"vaultName":"kv","token:clientId":"`+clientID+`","token:TenantId":"`+tenantID+`","token:grantType":"client_credentials"}`),
			want:  `{"vaultName":"kv","token:clientId":"` + clientID + `","token:TenantId":"` + tenantID + `","token:grantType":"client_credentials","token:clientSecret":"the new one"}`,
		},
		"settings hidden, configured instead": {
			shown: document("keyvault", ""), parameters: map[string]string{"vaultName": "kv"},
			want: `{"vaultName":"kv","token:clientId":"` + clientID + `","token:TenantId":"` + tenantID + `","token:grantType":"client_credentials","token:clientSecret":"the new one"}`,
		},
		"a connector that needs nothing more": {
			shown: document("azureautomation", ""),
			want:  `{"token:clientId":"` + clientID + `","token:TenantId":"` + tenantID + `","token:grantType":"client_credentials","token:clientSecret":"the new one"}`,
		},
		"another tenant and spelling are kept": {
			shown: document("azureautomation", `"nonSecretParameterValues":{"token:clientId":"`+strings.ToUpper(clientID)+`","token:tenantId":"elsewhere"}`),
			want:  `{"token:clientId":"` + strings.ToUpper(clientID) + `","token:tenantId":"elsewhere","token:grantType":"client_credentials","token:clientSecret":"the new one"}`,
		},
		"a mask in place of the secret isn't written back": {
			shown: document("azureautomation", `"parameterValues":{"token:ClientSecret":"****"},"nonSecretParameterValues":{"token:clientId":"`+clientID+`"}`),
			want:  `{"token:clientId":"` + clientID + `","token:TenantId":"` + tenantID + `","token:grantType":"client_credentials","token:clientSecret":"the new one"}`,
		},
		"a set of values": {
			shown:   document("keyvault", `"parameterValueSet":{"name":"oauthSP","values":{"vaultName":{"value":"kv"},"token:clientId":{"value":"`+clientID+`"},"token:clientSecret":{}}}`),
			wantKey: "parameterValueSet",
			want: `{"name":"oauthSP","values":{"vaultName":{"value":"kv"},"token:clientId":{"value":"` + clientID + `"},"token:TenantId":{"value":"` + tenantID + `"},
				"token:grantType":{"value":"client_credentials"},"token:clientSecret":{"value":"the new one"}}}`,
		},
		"an unknown connector whose settings are all told": {
			shown: document("somethingelse", `"nonSecretParameterValues":{"server":"s1","token:clientId":"`+clientID+`"}`),
			want:  `{"server":"s1","token:clientId":"` + clientID + `","token:TenantId":"` + tenantID + `","token:grantType":"client_credentials","token:clientSecret":"the new one"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := &azure{shown: test.shown}
			receipt, err := at(t, shown, apiconnection.Config{Parameters: test.parameters}).Write(t.Context(), parcel())
			if err != nil || receipt != "2026-11-22T10:00:01.5Z" {
				t.Fatalf("receipt %s: %v", receipt, err)
			}
			key := test.wantKey
			if key == "" {
				key = "parameterValues"
			}
			var want any
			text := `{"kind":"V2","location":"westeurope","tags":{"owner":"it"},"properties":{"displayName":"A name","customParameterValues":{},
				"api":{"id":"subscriptions/s/providers/Microsoft.Web/locations/westeurope/managedApis/` + apiOf(test.shown) + `"},"` + key + `":` + test.want + `}}`
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(shown.put, want) {
				t.Errorf("put  %v\nwant %v", shown.put, want)
			}
		})
	}
}

func apiOf(shown string) string {
	_, after, _ := strings.Cut(shown, "managedApis/")
	name, _, _ := strings.Cut(after, `"`)
	return name
}

func TestConnectionsThatMustNotBeWrittenAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shown      string
		parameters map[string]string
		code       string
		fix        string
	}{
		"a person consented": {
			document("sharepointonline", `"authenticatedUser":{"name":"sa@contoso.onmicrosoft.com"}`), nil, "connection.consent", "remove",
		},
		"a person consented, whatever is configured": {
			document("keyvault", `"authenticatedUser":{"name":"sa@contoso.onmicrosoft.com"}`), map[string]string{"vaultName": "kv", "token:grantType": "client_credentials"}, "connection.consent", "remove",
		},
		"a person's sign-in is awaited": {
			strings.Replace(document("keyvault", ""), `{"status":"Connected"}`, `{"status":"Error","error":{"code":"Unauthenticated"}}`, 1),
			map[string]string{"vaultName": "kv"},
			"connection.consent", "remove",
		},
		"another way to sign in": {
			document("keyvault", `"nonSecretParameterValues":{"token:grantType":"code","vaultName":"kv"}`), nil, "connection.consent", "remove",
		},
		"a managed identity, the old way": {
			document("keyvault", `"parameterValueType":"Alternative","alternativeParameterValues":{"vaultName":"kv"}`), nil, "connection.managedidentity", "remove",
		},
		"a managed identity, the new way": {
			document("keyvault", `"parameterValueSet":{"name":"managedIdentityAuth","values":{}}`), nil, "connection.managedidentity", "remove",
		},
		"another app": {
			document("azureautomation", `"nonSecretParameterValues":{"token:clientId":"another"}`), nil, "connection.foreign", "another app|remove",
		},
		"the vault's name hidden": {
			document("keyvault", ""), nil, "connection.parameters", "parameters: {vaultName: VALUE}",
		},
		"the vault's name contradicted": {
			document("keyvault", `"nonSecretParameterValues":{"vaultName":"kv-a"}`), map[string]string{"vaultName": "kv-b"}, "connection.contradiction", "vaultName",
		},
		"an unknown connector that hides everything": {
			document("somethingelse", ""), nil, "connection.unreadable", "token:grantType: client_credentials",
		},
		"a consent connector that hides everything": {
			document("sharepointonline", ""), map[string]string{"site": "x"}, "connection.unreadable", "token:grantType: client_credentials",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := &azure{shown: test.shown}
			refused := at(t, shown, apiconnection.Config{Parameters: test.parameters})
			_, err := refused.Write(t.Context(), parcel())
			found := problem.Of(err)
			if err == nil || found.Code != test.code || found.Class != problem.Person || !hasOne(found.Fix, test.fix) || shown.put != nil {
				t.Errorf("%s, fix %q, put %v: %v", found.Code, found.Fix, shown.put, err)
			}
			failed := check.Failed(refused.Check(t.Context()))
			if len(failed) != 1 || failed[0].Code != test.code || failed[0].Fix == "" {
				t.Errorf("checks: %+v", failed)
			}
		})
	}
}

func hasOne(text, choices string) bool {
	for _, choice := range strings.Split(choices, "|") {
		if strings.Contains(text, choice) {
			return true
		}
	}
	return false
}

func TestAWriteThatCannotBeToldFromTheOneBeforeIsRepeatedLater(t *testing.T) {
	t.Parallel()
	shown := &azure{shown: document("azureautomation", ""), stuck: true}
	_, err := at(t, shown, apiconnection.Config{}).Write(t.Context(), parcel())
	if found := problem.Of(err); err == nil || found.Class != problem.Retry || found.After <= 0 {
		t.Errorf("%v", err)
	}
}

func TestConfigurationsThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg  apiconnection.Config
		code string
	}{
		"no id":                    {apiconnection.Config{}, "config.resourceid"},
		"a name for an id":         {apiconnection.Config{ResourceID: "provisionassist-kv"}, "config.resourceid"},
		"another kind of resource": {apiconnection.Config{ResourceID: strings.ReplaceAll(aKV, "connections", "sites")}, "config.resourceid"},
		"a query behind the id":    {apiconnection.Config{ResourceID: aKV + "?api-version=1"}, "config.resourceid"},
		"a secret in the file": {
			apiconnection.Config{ResourceID: aKV, Parameters: map[string]string{"token:clientsecret": "x"}}, "config.secretinfile",
		},
		"a probe that is no logic app": {
			apiconnection.Config{ResourceID: aKV, Probe: &apiconnection.Probe{Workflow: aKV}}, "config.resourceid",
		},
		"a probe without a name": {apiconnection.Config{ResourceID: aKV, Probe: &apiconnection.Probe{}}, "config.resourceid"},
		"a path for a trigger": {
			apiconnection.Config{ResourceID: aKV, Probe: &apiconnection.Probe{Workflow: "w", Trigger: "a/b"}}, "config.trigger",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := apiconnection.New(test.cfg, clientID, apiconnection.Parts{})
			if !problem.Is(err, test.code) || problem.Of(err).Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

// flow is a logic app that calls the connection in action Get_secret, with one run in its history.
type flow struct {
	runs    []arm.Run
	actions []arm.Action
	started int
}

func (f *flow) Workflow(context.Context, string) (arm.Workflow, error) {
	return arm.Workflow{
		Name: "Probe", Connections: map[string]string{"keyvault": strings.ToUpper(aKV)}, Actions: map[string]string{"Get_secret": "keyvault", "Other": "teams"},
	}, nil
}

func (f *flow) Workflows(context.Context, string) ([]arm.Workflow, error) { return nil, nil }

func (f *flow) StartRun(context.Context, string, string) (string, error) {
	f.started++
	return "new", nil
}

func (f *flow) Run(context.Context, string, string) (arm.Run, error) {
	return arm.Run{ID: "new", Status: "Failed"}, nil
}

func (f *flow) Runs(context.Context, string, time.Time, int) ([]arm.Run, error) { return f.runs, nil }

func (f *flow) Actions(context.Context, string, string) ([]arm.Action, error) { return f.actions, nil }

func TestARunIsJudgedByTheActionThatCallsTheConnection(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	ended := []arm.Run{{ID: "old", Status: "Failed", Start: now.Add(-time.Hour)}}
	for name, test := range map[string]struct {
		runs    []arm.Run
		actions []arm.Action
		rung    renewal.Rung
		better  bool
		code    string
		started int
	}{
		"it worked though another action failed": {
			runs:    ended,
			actions: []arm.Action{{Name: "Get_secret", Status: "Succeeded"}, {Name: "Other", Status: "Failed", Code: "NotFound"}},
			rung:    renewal.LiveProbe,
		},
		"another action wasn't let in": {
			runs:    ended,
			actions: []arm.Action{{Name: "Get_secret", Status: "Succeeded"}, {Name: "Other", Status: "Failed", Code: "Unauthorized"}},
			rung:    renewal.LiveProbe,
		},
		"it failed for another reason": {
			runs:    ended,
			actions: []arm.Action{{Name: "Get_secret", Status: "Failed", Code: "BadGateway", Message: "try later"}},
			rung:    renewal.Acknowledged, better: true,
		},
		"it was never reached": {
			runs: ended, actions: []arm.Action{{Name: "Get_secret", Status: "Skipped"}}, rung: renewal.Acknowledged, better: true,
		},
		"the connector says unauthorized": {
			runs: nil, actions: []arm.Action{{Name: "Get_secret", Status: "Failed", Code: "Unauthorized"}}, code: "probe.unauthorized", started: 1,
		},
		"Entra says no": {
			runs:    nil,
			actions: []arm.Action{{Name: "Get_secret", Status: "Failed", Code: "BadRequest", Message: "failed: 'AADSTS7000222: The provided client secret keys are expired.'"}},
			code:    "probe.unauthorized", started: 1,
		},
		"a refusal of long ago is asked again": {
			runs: ended, actions: []arm.Action{{Name: "Get_secret", Status: "Failed", Error: "Unauthorized"}}, code: "probe.unauthorized", started: 1,
		},
		"a run that proved nothing is repeated the next day": {
			runs:    []arm.Run{{ID: "old", Status: "Failed", Start: now.Add(-25 * time.Hour)}},
			actions: []arm.Action{{Name: "Get_secret", Status: "Skipped"}}, rung: renewal.Acknowledged, better: true, started: 1,
		},
		"a run under way is waited for": {
			runs: []arm.Run{{ID: "old", Status: "Running", Start: now.Add(-time.Minute)}}, rung: renewal.Acknowledged, better: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flows := &flow{runs: test.runs, actions: test.actions}
			probed, err := apiconnection.New(apiconnection.Config{ResourceID: aKV, Probe: &apiconnection.Probe{Workflow: "Probe"}}, clientID, apiconnection.Parts{
				ARM: &azure{shown: document("azureautomation", "")}, Flows: flows,
				Sleep: func(context.Context, time.Duration) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			proof, err := probed.Verify(t.Context(), parcel(), target.Written{Receipt: "2026-11-22T10:00:00Z", At: now.Add(-48 * time.Hour), Now: now})
			if flows.started != test.started || proof.Rung != test.rung || proof.Better != test.better || (err != nil) != (test.code != "") {
				t.Errorf("started %d, proof %+v: %v", flows.started, proof, err)
			}
			if test.code != "" && !problem.Is(err, test.code) {
				t.Errorf("%v", err)
			}
		})
	}
}
