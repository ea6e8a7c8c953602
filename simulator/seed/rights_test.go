package seed_test

import (
	"slices"
	"testing"

	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

// holding is what the administrator's identity may do, in the order graph roles, owner, vault, azure.
type holding struct {
	roles []string
	owner bool
	vault []string
	azure []string
}

func (c *cloud) holding(t *testing.T) (h holding) {
	t.Helper()
	c.do(func() {
		admin := c.d.Tenant(c.sample.Tenant).ServicePrincipal(c.sample.AdminClientID)
		for _, g := range admin.Grants {
			h.roles = append(h.roles, g.Role.Value)
		}
		slices.Sort(h.roles)
		h.owner = slices.Contains(c.app().Owners, admin.ObjectID)
		for _, p := range c.v.Vault("kv-provassist").ListedPolicies() {
			if p.ObjectID == admin.ObjectID {
				h.vault = p.Secrets
			}
		}
		for _, a := range c.v.Roles().Assignments() {
			if d, ok := c.v.Roles().Definition(a.DefinitionID); ok && a.PrincipalID == admin.ObjectID {
				h.azure = append(h.azure, d.Name)
			}
		}
	})
	return h
}

func (h holding) equal(o holding) bool {
	return slices.Equal(h.roles, o.roles) && h.owner == o.owner && slices.Equal(h.vault, o.vault) && slices.Equal(h.azure, o.azure)
}

func TestRightsAreTakenAndGivenBack(t *testing.T) {
	t.Parallel()
	roles := []string{"Application.ReadWrite.OwnedBy", "AuditLog.Read.All", "Policy.Read.ApplicationConfiguration"}
	vault, azure := []string{"get", "list", "set"}, []string{"Contributor"}
	for name, c := range map[string]struct {
		toggle, value string
		want          holding
	}{
		"all":            {seed.SwitchMissingRight, "on", holding{}},
		"none":           {seed.SwitchMissingRight, "", holding{roles, true, vault, azure}},
		"the Graph role": {seed.SwitchMissingRight, "graph-role", holding{roles[1:], true, vault, azure}},
		"two":            {seed.SwitchMissingRight, "ownership,vault-set", holding{roles, false, vault[:2], azure}},
		"Azure's":        {seed.SwitchMissingRight, "azure", holding{roles, true, vault, nil}},
		"elevated": {seed.SwitchElevated, "on", holding{
			slices.Sorted(slices.Values(append([]string{
				"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "CrossTenantInformation.ReadBasic.All", "DelegatedPermissionGrant.ReadWrite.All",
				"Directory.Read.All", "Policy.Read.All", "RoleManagement.Read.Directory", "User.Read.All",
			}, roles...))), true, vault, []string{"Contributor", "Owner"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := plant(t, seed.ProvisionAssist, world.Settings{Seed: 1})
			before := planted.holding(t)
			planted.set(t, c.toggle, c.value)
			if got := planted.holding(t); !got.equal(c.want) {
				t.Errorf("it has %+v, want %+v", got, c.want)
			}
			planted.set(t, c.toggle, "")
			if got := planted.holding(t); !got.equal(before) {
				t.Errorf("afterwards it has %+v, want %+v", got, before)
			}
		})
	}
}
