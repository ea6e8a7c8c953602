package arm

import "testing"

func TestPermissionsAreTheUnionOfWhatEachRoleLeavesAllowed(t *testing.T) {
	t.Parallel()
	contributor := Permission{Actions: []string{"*"}, NotActions: []string{"Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"}}
	reader := Permission{Actions: []string{"*/read"}}
	writer := Permission{Actions: []string{"microsoft.web/connections/write"}}
	officer := Permission{DataActions: []string{"Microsoft.KeyVault/vaults/secrets/*"}}
	for name, test := range map[string]struct {
		held   Permissions
		action string
		data   bool
		want   bool
	}{
		"nothing held":                              {nil, "a/read", false, false},
		"a star takes all":                          {Permissions{contributor}, "Microsoft.Web/connections/write", false, true},
		"an exception is taken out":                 {Permissions{contributor}, "Microsoft.Authorization/locks/write", false, false},
		"another role fills the exception":          {Permissions{contributor, {Actions: []string{"Microsoft.Authorization/locks/*"}}}, "Microsoft.Authorization/locks/write", false, true},
		"reading everything is no writing":          {Permissions{reader}, "Microsoft.Web/connections/write", false, false},
		"a star spans segments":                     {Permissions{reader}, "Microsoft.Automation/automationAccounts/variables/read", false, true},
		"letter case doesn't count":                 {Permissions{writer}, "Microsoft.Web/connections/write", false, true},
		"a name isn't a prefix":                     {Permissions{writer}, "Microsoft.Web/connections/write/action", false, false},
		"data actions are held apart":               {Permissions{contributor}, "Microsoft.KeyVault/vaults/secrets/setSecret/action", true, false},
		"a data action":                             {Permissions{officer}, "Microsoft.KeyVault/vaults/secrets/setSecret/action", true, true},
		"a data action doesn't act on the plane":    {Permissions{officer}, "Microsoft.KeyVault/vaults/secrets/read", false, false},
		"a star in the middle must leave room":      {Permissions{{Actions: []string{"a/*/a"}}}, "a/a", false, false},
		"two stars match in order":                  {Permissions{{Actions: []string{"a/*/c/*"}}}, "a/b/c/d", false, true},
		"two stars don't match out of order":        {Permissions{{Actions: []string{"a/*/d/*/c"}}}, "a/c/d", false, false},
		"an exception of a data action is kept out": {Permissions{{DataActions: []string{"*"}, NotDataActions: []string{"x/*"}}}, "x/y", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.held.Allows(test.action)
			if test.data {
				got = test.held.AllowsData(test.action)
			}
			if got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}
