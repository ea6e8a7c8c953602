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
		{"name": "flow", "type": "microsoft.logic/workflows", "location": "westeurope", "zones": []any{1, 2}},
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

func TestWholeAnswers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ query, want string }{
		"resources counted by their type, most first": {
			"resources | summarize count() by type | order by count_ desc", "[map[count_:2 type:microsoft.web/connections] map[count_:1 type:microsoft.logic/workflows]]",
		},
		"a count with a name, of everything": {"resources | summarize total = count()", "[map[total:3]]"},
		"a count that sorts as a number": {
			"resources | summarize n = count(), last = max(name) by type | top 1 by n asc", "[map[last:flow n:1 type:microsoft.logic/workflows]]",
		},
		"how many differ, and which":           {"resources | summarize dcount(type), make_set(location)", "[map[dcount_type:2 make_set_location:[<nil> westeurope]]]"},
		"the different values of a column":     {"resources | distinct type | sort by type asc", "[map[type:microsoft.logic/workflows] map[type:microsoft.web/connections]]"},
		"two columns to sort by":               {"resources | sort by type asc, name asc | project name", "[map[name:flow] map[name:auto] map[name:kv]]"},
		"a comparison of numbers":              {"resources | summarize n = count() by type | where n > 1 | project n", "[map[n:2]]"},
		"a list, an element a row":             {"resources | where name == 'flow' | mv-expand zone = zones | project name, zone", "[map[name:flow zone:1] map[name:flow zone:2]]"},
		"what has no list keeps its row":       {"resources | where name == 'kv' | mv-expand zones | project name", "[map[name:kv]]"},
		"another query's columns beside these": {"resources | join kind=leftouter (places | project location, country) on location | project name, country", "[map[country:<nil> name:kv] map[country:<nil> name:auto] map[country:NL name:flow]]"},
		"columns of different names joined":    {"resources | join kind=inner (places | extend place = location) on $left.location == $right.place | project name, country", "[map[country:NL name:flow]]"},
		"only what has a match":                {"resources | join (places) on location | project name, name1", "[map[name:flow name1:West Europe]]"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables := sample()
			tables["places"] = []kusto.Row{{"name": "West Europe", "location": "westeurope", "country": "NL"}}
			rows, err := kusto.Run(c.query, tables)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(rows); got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.query, got, c.want)
			}
		})
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
		"resources | summarize", "resources | summarize median(name)", "resources | summarize count(", "resources | take many", "resources | top x by name", "resources | distinct", "resources)",
		"resources | join (nowhere) on name", "resources | join kind=anti (resources) on name", "resources | join (resources) on 'name'", "resources | join (resources on name", "resources | join (resources) on $left name", "resources | join (resources) on name ==", "resources | join kind inner (resources) on name", "resources | where (name == 'x'", "resources | where name in 'x'", "resources | project", "resources | where f(name) == 'x'",
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
