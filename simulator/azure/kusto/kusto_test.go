package kusto_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"keyturn/simulator/azure/kusto"
)

func sample() map[string][]kusto.Row {
	return map[string][]kusto.Row{"resources": {
		{"name": "kv", "type": "microsoft.web/connections", "properties": map[string]any{"api": map[string]any{"name": "keyvault"}}, "tags": map[string]string{"team": "red"}},
		{"name": "auto", "type": "microsoft.web/connections", "properties": map[string]any{"api": map[string]any{"name": "azureautomation"}}},
		{"name": "flow", "type": "microsoft.logic/workflows", "location": "westeurope"},
	}}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ query, want string }{
		"a table alone lists everything":             {"Resources", "kv auto flow"},
		"where with equality without letter case":    {"resources | where type =~ 'Microsoft.Web/Connections'", "kv auto"},
		"exact equality heeds letter case":           {"resources | where type == 'Microsoft.Web/Connections'", ""},
		"and binds tighter than or":                  {"resources | where name == 'flow' or type contains 'web' and name == 'kv'", "kv flow"},
		"parentheses group":                          {"resources | where (name == 'flow' or type contains 'web') and name != 'kv'", "auto flow"},
		"paths go into properties":                   {`resources | where properties.api.name == "keyvault"`, "kv"},
		"brackets go into tags":                      {"resources | where tags['team'] =~ 'RED'", "kv"},
		"membership without letter case":             {"resources | where name in~ ('KV', 'flow')", "kv flow"},
		"membership negated":                         {"resources | where name !in ('kv', 'flow')", "auto"},
		"functions and tests for emptiness":          {"resources | where isnotempty(location) and tolower(name) startswith 'F'", "flow"},
		"stages follow one another":                  {"resources | where type has 'web' | order by name asc | take 1", "auto"},
		"sorting goes down by default":               {"resources | sort by name", "kv flow auto"},
		"comments and line breaks are blank":         {"resources // all\n| where name == 'kv'", "kv"},
		"not turns a condition round":                {"resources | where not(name == 'kv')", "auto flow"},
		"extend adds a column that later ones see":   {"resources | extend api = tostring(properties.api.name) | where api == 'keyvault'", "kv"},
		"a path that leads nowhere is an empty text": {"resources | where isempty(properties.api.name)", "flow"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := kusto.Run(c.query, sample())
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, r := range rows {
				names = append(names, fmt.Sprint(r["name"]))
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("%s: got %q, want %q", c.query, got, c.want)
			}
		})
	}
}

func TestProjectNamesColumnsAsResourceGraphDoes(t *testing.T) {
	t.Parallel()
	rows, err := kusto.Run("resources | project name, api = properties.api.name, properties.api.name | limit 1", sample())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(rows[0]); got != "map[api:keyvault name:kv properties_api_name:keyvault]" {
		t.Errorf("got %s", got)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	rows, err := kusto.Run("resources | where type =~ 'microsoft.web/connections' | count", sample())
	if err != nil || rows[0]["Count"] != 2 {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestInvalidQueriesAreErrors(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		"", "|", "nowhere", "resources |", "resources where name", "resources | where", "resources | where name", "resources | where name == ", "resources | where name == 'x",
		"resources | summarize count()", "resources | take many", "resources | where (name == 'x'", "resources | where name in 'x'", "resources | project", "resources | where f(name) == 'x'",
		"resources | where properties. == 'x'", "resources | where tags[x] == 'y'", "resources | where #", "resources | order name", "resources | where " + strings.Repeat("(", 200),
		"resources | where " + strings.Repeat("tolower(", 200),
	} {
		if _, err := kusto.Run(query, sample()); !errors.Is(err, kusto.ErrQuery) {
			t.Errorf("%q: got %v", query, err)
		}
	}
}

func FuzzRunNeverPanics(f *testing.F) {
	f.Add("resources | where type =~ 'a' and (name in~ ('b') or isempty(x.y['z'])) | project a = b | order by c desc | take 3")
	f.Fuzz(func(t *testing.T, query string) {
		rows, err := kusto.Run(query, sample())
		if err != nil && (rows != nil || !errors.Is(err, kusto.ErrQuery)) {
			t.Errorf("%q: rows %v with error %v", query, rows, err)
		}
	})
}
