package main

import (
	"strings"
	"testing"

	"keyturn/cloud"
	"keyturn/config"
)

// TestPlacesThatBearOneNameAreRefused: what is kept of a delivery is kept by the place's name, so that of two alike the second
// would count as written when the first was.
func TestPlacesThatBearOneNameAreRefused(t *testing.T) {
	t.Parallel()
	variable := func(group, name string) string {
		return "      - automationVariable: { account: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/" + group +
			"/providers/Microsoft.Automation/automationAccounts/auto, name: " + name + " }\n"
	}
	vendor := func(path string) string {
		return "      - vendorWebhook: { url: https://vendor.example/" + path + ", secret: \"${env:KEY}\" }\n"
	}
	for name, c := range map[string]struct {
		targets string
		refused bool
	}{
		"accounts of one name in two resource groups": {variable("test", "appSecret") + variable("live", "appSecret"), true},
		"two variables of one account":                {variable("live", "appSecret") + variable("live", "otherSecret"), false},
		"two addresses of one vendor":                 {vendor("a") + vendor("b"), true},
		"one of each":                                 {variable("live", "appSecret") + vendor("a"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "tenant: contoso.example\napplications:\n  a:\n    clientId: 7f0d7f0d-1111-2222-3333-444444444444\n    targets:\n" + c.targets
			loaded, err := config.Parse("keyturn.yaml", []byte(text), descriptors(), notifiers()...)
			if err != nil {
				t.Fatal(err)
			}
			r, err := newReach(t.Context(), cloud.Options{Cloud: loaded.Cloud, Tenant: loaded.Tenant})
			if err != nil {
				t.Fatal(err)
			}
			err = r.checkBlocks(loaded)
			if (err != nil) != c.refused || (c.refused && !strings.Contains(err.Error(), "line 6")) {
				t.Errorf("refused = %v: %v", err != nil, err)
			}
		})
	}
}
