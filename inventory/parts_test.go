package inventory

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestHowAConnectionSignsIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		properties string
		want       signIn
	}{
		"as an app whose client id shows":             {`{"api":{"id":"subscriptions/s/providers/Microsoft.Web/locations/l/managedApis/keyvault"},"nonSecretParameterValues":{"Token:ClientID":"c1","vaultName":"kv"}}`, byApplication},
		"a person consented":                          {`{"api":{"name":"keyvault"},"authenticatedUser":{"name":"ada@contoso.com"}}`, byUser},
		"a connector that only takes consent":         {`{"api":{"id":"/x/managedApis/SharePointOnline"},"authenticatedUser":{}}`, byUser},
		"the logic app's identity":                    {`{"api":{"name":"keyvault"},"parameterValueType":"Alternative"}`, byIdentity},
		"the identity, in a set of values":            {`{"api":{"name":"azureautomation"},"parameterValueSet":{"name":"managedIdentityAuth"}}`, byIdentity},
		"nothing shows":                               {`{"api":{"name":"azureautomation"},"authenticatedUser":{}}`, byUnknown},
		"the vault shows and the client id doesn't":   {`{"api":{"name":"keyvault"},"nonSecretParameterValues":{"vaultName":"kv"}}`, byUnknown},
		"a value of another kind is no client id":     {`{"api":{"name":"sql"},"nonSecretParameterValues":{"token:clientId":7}}`, byUnknown},
		"an app id in a consent connector's settings": {`{"api":{"name":"sharepointonline"},"nonSecretParameterValues":{"token:clientId":"c1"}}`, byApplication},
	} {
		var found connection
		if err := json.Unmarshal([]byte(`{"id":"/x","properties":`+c.properties+`}`), &found); err != nil {
			t.Fatal(err)
		}
		if got := found.signsInBy(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhenALogicAppActs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		triggers, state string
		every           time.Duration
		words           string
	}{
		"weekly":                        {`{"R":{"type":"Recurrence","recurrence":{"frequency":"Week","interval":1}}}`, "Enabled", 7 * aDay, "every 7d"},
		"every fifteen minutes":         {`{"R":{"type":"Recurrence","recurrence":{"frequency":"Minute","interval":15}}}`, "Enabled", 15 * time.Minute, "every 15m"},
		"daily, on Mondays":             {`{"R":{"recurrence":{"frequency":"Day","interval":1,"schedule":{"weekDays":["Monday"]}}}}`, "Enabled", 7 * aDay, "every 7d"},
		"daily, on the first":           {`{"R":{"recurrence":{"frequency":"Day","schedule":{"monthDays":[1]}}}}`, "Enabled", 31 * aDay, "every 31d"},
		"an interval by expression":     {`{"R":{"recurrence":{"frequency":"Hour","interval":"@parameters('n')"}}}`, "Enabled", time.Hour, "every 1h"},
		"on request":                    {`{"manual":{"type":"Request"}}`, "Enabled", 0, "on request"},
		"the slowest of two, disabled":  {`{"a":{"recurrence":{"frequency":"Hour","interval":1}},"b":{"recurrence":{"frequency":"Month","interval":1}}}`, "Disabled", 31 * aDay, "every 31d, disabled"},
		"on an event":                   {`{"x":{"type":"ApiConnectionWebhook"}}`, "Enabled", 0, "on an event"},
		"a definition that isn't known": {`7`, "Enabled", 0, "trigger not known"},
	} {
		var w workflow
		w.Properties.State = c.state
		w.Properties.Definition = json.RawMessage(`{"triggers":` + c.triggers + `}`)
		if got := w.consumer(); got.Every != c.every || got.Trigger != c.words {
			t.Errorf("%s: %s %q, want %s %q", name, got.Every, got.Trigger, c.every, c.words)
		}
	}
}

func TestWhichSecretsALogicAppReads(t *testing.T) {
	t.Parallel()
	var w workflow
	w.Properties.Definition = json.RawMessage(`{"actions":{
		"a":{"inputs":{"path":"/secrets/@{encodeURIComponent('appSecret')}/value"}},
		"b":{"inputs":{"path":"/secrets/Plain-Name/value"}},
		"c":{"inputs":{"path":"/secrets/@{encodeURIComponent(variables('x'))}/value"}}}}`)
	if got := w.secrets(); !slices.Equal(got, []string{"appsecret", "plain-name"}) {
		t.Errorf("reads %q", got)
	}
}

func TestBlockLinesAreYAML(t *testing.T) {
	t.Parallel()
	b := Block{Kind: "apiConnection"}.with("resourceId", "/subscriptions/s/x y").with("none", "").
		below("parameters", Field{Name: "vaultName", Text: "no"}, Field{Name: "token:grantType", Text: "client_credentials"}).below("empty")
	want := "- apiConnection:\n    resourceId: \"/subscriptions/s/x y\"\n    parameters:\n      vaultName: \"no\"\n      \"token:grantType\": client_credentials"
	if got := strings.Join(b.Lines(), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Every code in the source has its sentence, and every sentence its code.
func TestEveryCodeIsTold(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	for _, m := range Codes() {
		if told[m.Code] || !strings.HasSuffix(m.Text, ".") {
			t.Errorf("%s is told twice or without a full sentence: %q", m.Code, m.Text)
		}
		told[m.Code] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil || !told[text] {
				t.Errorf("%s is not told", value.(*ast.BasicLit).Value)
			}
			declared++
		}
		return true
	})
	if declared != len(told) {
		t.Errorf("%d codes declared, %d told", declared, len(told))
	}
}
