package automationvariable_test

import (
	"encoding/json"
	"testing"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/automationvariable"
	"keyturn/target/targettest"
)

const version = "2023-11-01"

func TestAutomationVariableIsATarget(t *testing.T) {
	targettest.Exercise(t, func(t *testing.T, c *targettest.Cloud) targettest.Case {
		id := accountOf(c) + "/variables/appSecret"
		return targettest.Case{
			Target:    open(t, c, c.Session, "appSecret"),
			Powerless: open(t, c, c.AsApp(), "appSecret"),
			Missing:   open(t, c, c.Session, "neverMade"),
			Holds:     func() string { return decoded(t, c, id) },
			Rest:      func() any { return rest(t, c, id) },
			Stranger: func() {
				body := map[string]any{"name": "appSecret", "properties": map[string]any{"value": `"a stranger's"`}}
				if err := arm.New(c.Session).Patch(t.Context(), id, version, body, nil); err != nil {
					t.Fatal(err)
				}
			},
			Fault: func(kind string) { c.Fault(kind, "management.azure.com", "PATCH", "/variables/", 1) },
			Lock:  func() { c.Switch("readonly-lock", "on") },
		}
	})
}

func accountOf(c *targettest.Cloud) string {
	return c.ID("Microsoft.Automation/automationAccounts", targettest.Account)
}

func open(t *testing.T, c *targettest.Cloud, session *cloud.Session, name string) *automationvariable.Target {
	t.Helper()
	made, err := automationvariable.New(automationvariable.Config{Account: accountOf(c), Name: name}, arm.New(session), session.Hosts().Portal)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// decoded reads the variable as a runbook would.
func decoded(t *testing.T, c *targettest.Cloud, id string) string {
	t.Helper()
	document, _ := c.Variable(id)
	var value string
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatalf("the variable holds no JSON text: %v", err)
	}
	return value
}

func rest(t *testing.T, c *targettest.Cloud, id string) any {
	t.Helper()
	var shown struct {
		Properties struct {
			Description string
			IsEncrypted bool
			Created     string `json:"creationTime"`
		}
	}
	if err := arm.New(c.Session).Get(t.Context(), id, version, &shown); err != nil {
		t.Fatal(err)
	}
	return shown
}

func TestAwkwardValuesReachRunbooksUnchanged(t *testing.T) {
	c := targettest.Start(t)
	for _, value := range []string{`with "quotes" and \ slashes`, "with <angle> & ampersand", "with ümlaut \t and tab", "it's"} {
		_, err := open(t, c, c.Session, "appSecret").Write(t.Context(), target.Parcel{Tag: "run.1", Value: secret.New(value)})
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, c, accountOf(c)+"/variables/appSecret"); got != value {
			t.Errorf("wrote %q, a runbook reads %q", value, got)
		}
	}
}

func TestAVariableInTheOpenIsRefused(t *testing.T) {
	c := targettest.Start(t)
	body := map[string]any{"name": "plain", "properties": map[string]any{"value": `"old"`, "isEncrypted": false}}
	if err := arm.New(c.Session).Put(t.Context(), accountOf(c)+"/variables/plain", version, body, nil); err != nil {
		t.Fatal(err)
	}
	plain := open(t, c, c.Session, "plain")
	if _, err := plain.Write(t.Context(), target.Parcel{Tag: "run.1", Value: secret.New("a new secret")}); !problem.Is(err, "variable.plain") {
		t.Errorf("write: %v", err)
	}
	if got := decoded(t, c, accountOf(c)+"/variables/plain"); got != "old" {
		t.Errorf("it was written: %q", got)
	}
	failed := check.Failed(plain.Check(t.Context()))
	if len(failed) != 1 || failed[0].Code != "variable.plain" || failed[0].Fix == "" {
		t.Errorf("checks: %+v", failed)
	}
}

func TestConfigurationsThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	const account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Automation/automationAccounts/a"
	for name, test := range map[string]struct {
		cfg  automationvariable.Config
		code string
	}{
		"no account":            {automationvariable.Config{Name: "x"}, "config.resourceid"},
		"a name for an account": {automationvariable.Config{Account: "provisionassist-auto", Name: "x"}, "config.resourceid"},
		"another kind of id": {automationvariable.Config{
			Account: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/connections/a", Name: "x",
		}, "config.resourceid"},
		"no name":             {automationvariable.Config{Account: account}, "config.variable"},
		"a path for a name":   {automationvariable.Config{Account: account, Name: "a/b"}, "config.variable"},
		"a query in the name": {automationvariable.Config{Account: account, Name: "a?b"}, "config.variable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := automationvariable.New(test.cfg, nil, "")
			if !problem.Is(err, test.code) || problem.Of(err).Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheDescriptorTellsTheConfiguration(t *testing.T) {
	t.Parallel()
	targettest.Describes(t, automationvariable.Descriptor(), automationvariable.Config{})
}
