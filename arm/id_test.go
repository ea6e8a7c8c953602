package arm

import (
	"testing"

	"keyturn/problem"
)

func TestIDsAreTakenApart(t *testing.T) {
	t.Parallel()
	const base = "/subscriptions/s1/resourceGroups/g1/providers/"
	for name, test := range map[string]struct {
		text string
		want string // kind, group and name
	}{
		"a resource":                    {base + "Microsoft.Web/connections/c1", "Microsoft.Web/connections g1 c1"},
		"one within another":            {base + "Microsoft.Automation/automationAccounts/a1/variables/v1", "Microsoft.Automation/automationAccounts/variables g1 v1"},
		"no slash in front, one behind": {"subscriptions/s1/resourcegroups/g1/providers/Microsoft.Web/connections/c1/", "Microsoft.Web/connections g1 c1"},
		"nothing":                       {"", ""},
		"a name":                        {"c1", ""},
		"a group":                       {"/subscriptions/s1/resourceGroups/g1", ""},
		"a type without a name":         {base + "Microsoft.Web/connections", ""},
		"a doubled slash":               {base + "Microsoft.Web//connections/c1", ""},
		"an address":                    {"https://management.azure.com" + base + "Microsoft.Web/connections/c1", ""},
		"a query":                       {base + "Microsoft.Web/connections/c1?x=y", ""},
		"a step up":                     {base + "Microsoft.Web/connections/%2e%2e", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := ParseID(test.text)
			if test.want == "" {
				if !problem.Is(err, "config.resourceid") {
					t.Errorf("%+v: %v", id, err)
				}
				return
			}
			if got := id.Kind() + " " + id.Group + " " + id.Name; err != nil || got != test.want {
				t.Errorf("%s: %v", got, err)
			}
			if again, err := ParseID(id.String()); err != nil || again != id {
				t.Errorf("%+v, read again %+v: %v", id, again, err)
			}
		})
	}
}

func TestInstantsCompareHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, same := range []string{"2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.5000000Z", "2026-11-22T11:00:00.500+01:00"} {
		if got := Instant(same); got != "2026-11-22T10:00:00.5Z" {
			t.Errorf("%s became %s", same, got)
		}
	}
	if got := Instant("yesterday"); got != "yesterday" {
		t.Errorf("a text that is no time became %s", got)
	}
	if !Later("2026-11-22T10:00:00.6Z", "2026-11-22T10:00:00.5Z") || Later("2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.5Z") || Later("x", "2026-11-22T10:00:00Z") {
		t.Error("later is wrong")
	}
}
