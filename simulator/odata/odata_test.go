package odata_test

import (
	"errors"
	"strings"
	"testing"

	"keyturn/simulator/odata"
)

func TestParseAndMatch(t *testing.T) {
	t.Parallel()
	doc := map[string]any{
		"appId": "7f0d0000-0000-4000-8000-000000000001", "displayName": "O'Hara's App", "accountEnabled": true, "count": 3.0,
		"createdDateTime": "2026-03-01T00:00:00Z", "nothing": nil, "info": map[string]any{"termsUrl": "https://x"},
		"identifierUris":      []any{"api://one", "api://two"},
		"passwordCredentials": []any{map[string]any{"keyId": "k1", "endDateTime": "2026-04-01T00:00:00Z"}},
	}
	tests := map[string]struct {
		filter string
		want   bool
	}{
		"equality ignores letter case":          {"displayName eq 'o''hara''s app'", true},
		"inequality":                            {"displayName ne 'x'", true},
		"a quote doubled is one":                {"startswith(displayName,'O''Hara')", true},
		"startsWith in camel case":              {"startsWith(displayName, 'o''h')", true},
		"startswith eq false":                   {"startswith(displayName,'O') eq false", false},
		"endswith":                              {"endswith(displayName,'app')", true},
		"contains":                              {"contains(displayName,'hara')", true},
		"a text within, Resource Manager's way": {"substringof('HARA', displayName)", true},
		"how many there are":                    {"identifierUris/$count eq 2 and missing/$count eq 0", true},
		"and binds tighter than or":             {"count eq 9 and count eq 3 or accountEnabled eq true", true},
		"brackets change that":                  {"count eq 9 and (count eq 3 or accountEnabled eq true)", false},
		"in a list":                             {"appId in ('x', '7F0D0000-0000-4000-8000-000000000001')", true},
		"not in a list":                         {"not (appId in ('x','y'))", true},
		"dates compare as instants":             {"createdDateTime ge 2026-03-01T01:00:00+01:00", true},
		"dates later":                           {"createdDateTime gt 2026-03-01T00:00:00Z", false},
		"numbers":                               {"count le 3", true},
		"null equals what is missing":           {"missing eq null and nothing eq null", true},
		"a path":                                {"info/termsUrl eq 'https://x'", true},
		"any over texts":                        {"identifierUris/any(u:u eq 'API://two')", true},
		"any over objects, blanks around the colon": {"passwordCredentials/any( p : p/keyId eq 'k1')", true},
		"all":                                   {"identifierUris/all(u:startswith(u,'api://'))", true},
		"any without terms":                     {"identifierUris/any()", true},
		"a bare guid":                           {"appId eq 7f0d0000-0000-4000-8000-000000000001", true},
		"property names in another letter case": {"APPID ne null", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := odata.Parse(tc.filter)
			if err != nil {
				t.Fatalf("parse %q: %v", tc.filter, err)
			}
			if got := f.Match(doc); got != tc.want {
				t.Errorf("%q matches: %v, want %v", tc.filter, got, tc.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, filter := range []string{
		"", "appId", "appId eq", "appId eq 'x", "appId eq 'x' and", "(appId eq 'x'", "appId is 'x'", "appId eq 'x' appId eq 'y'",
		"in ('x')", "foo(appId,'x')", "a/any(x)", "startswith(appId)", "appId in ()", ")", ":", "appId eq x", "appId in ('x', y)", "substringof(appId,'x')", strings.Repeat("(", 5000), "not",
	} {
		if _, err := odata.Parse(filter); !errors.Is(err, odata.ErrSyntax) {
			t.Errorf("parse %.40q: %v, want ErrSyntax", filter, err)
		}
	}
}

func TestParseTellsWhatItUses(t *testing.T) {
	t.Parallel()
	f, err := odata.Parse("appId eq 'x'")
	if err != nil || f.Key != "appId" || f.Value != "x" || f.Advanced {
		t.Errorf("got %+v, %v", f, err)
	}
	f, err = odata.Parse("a/any(p:p/b eq 1) and c ne 2")
	if err != nil || strings.Join(f.Properties, ",") != "a,c" || !f.Advanced || f.Key != "" || f.Contains != "" {
		t.Errorf("got %+v, %v", f, err)
	}
	f, err = odata.Parse("a/$count eq 0 and contains(b,'x')")
	if err != nil || !f.Advanced || f.Contains != "b" {
		t.Errorf("got %+v, %v", f, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("appId eq 'x' and not (a/any(b:b/c in (1,2)))")
	f.Add("startswith(displayName,'x') eq true or createdDateTime lt 2026-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, expression string) {
		filter, err := odata.Parse(expression)
		if err == nil {
			filter.Match(map[string]any{"appId": "x", "a": []any{map[string]any{"c": 1.0}}})
		} else if !errors.Is(err, odata.ErrSyntax) {
			t.Errorf("error %v does not wrap ErrSyntax", err)
		}
	})
}
