package seed

import (
	"slices"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
)

// The switches of the identity that may do the work.
const (
	// SwitchMissingRight takes rights from it, at once: names from [MissingRights] with commas between them, "on" for all.
	SwitchMissingRight = "missing-right"
	// SwitchElevated makes it a global administrator and owner of the subscription, as an eligible role does for a while.
	SwitchElevated = "elevated"
)

// MissingRights are the names that [SwitchMissingRight] knows.
func MissingRights() []string {
	return []string{"graph-role", "policy-role", "report-role", "ownership", "vault-get", "vault-list", "vault-set", "azure"}
}

// roleRights are the Graph roles behind names of [MissingRights].
func roleRights() map[string]string {
	return map[string]string{
		"graph-role": "Application.ReadWrite.OwnedBy", "policy-role": "Policy.Read.ApplicationConfiguration", "report-role": "AuditLog.Read.All",
	}
}

// elevatedRoles are the Graph roles of a global administrator's tool, as far as they matter here.
func elevatedRoles() []string {
	return []string{
		"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "CrossTenantInformation.ReadBasic.All", "DelegatedPermissionGrant.ReadWrite.All",
		"Directory.Read.All", "Policy.Read.All", "RoleManagement.Read.Directory", "User.Read.All",
	}
}

func (s *planter) declareRights() {
	s.w.Declare(SwitchMissingRight, `the administrator's identity lacks rights: "on" for all, or some of `+strings.Join(MissingRights(), ", "), s.setRights)
	s.w.Declare(SwitchElevated, "the administrator's identity is global administrator and owner of the subscription for a while", s.elevate)
}

// setRights gives the identity what it has by the sample, but for the rights named.
func (s *planter) setRights(value string) {
	missing := func(name string) bool {
		return strings.EqualFold(value, "on") || slices.Contains(strings.Split(strings.ToLower(value), ","), name)
	}
	for name, role := range roleRights() {
		s.setGraphRole(role, !missing(name))
	}
	own := s.admin.ServicePrincipal.ObjectID
	s.app.Owners = slices.DeleteFunc(slices.Clone(s.app.Owners), func(id string) bool { return id == own })
	if !missing("ownership") {
		s.app.Owners = append(s.app.Owners, own)
	}
	var permissions []string
	for _, permission := range []string{"get", "list", "set"} {
		if !missing("vault-" + permission) {
			permissions = append(permissions, permission)
		}
	}
	s.setVaultPermissions(permissions)
	s.setAzureRole("Contributor", s.places.group(), !missing("azure"))
}

func (s *planter) elevate(value string) {
	for _, role := range elevatedRoles() {
		s.setGraphRole(role, value != "")
	}
	s.setAzureRole("Owner", "/subscriptions/"+s.places.Subscription, value != "")
}

func (s *planter) setGraphRole(role string, has bool) {
	sp := s.admin.ServicePrincipal
	sp.Grants = slices.DeleteFunc(slices.Clone(sp.Grants), func(g *directory.Grant) bool {
		return g.ResourceAppID == directory.GraphAppID && g.Role.Value == role
	})
	if has {
		s.d.Grant(sp, directory.GraphAppID, role)
	}
}

// setVaultPermissions replaces the identity's access policy, without the lag that ARM's changes have.
func (s *planter) setVaultPermissions(permissions []string) {
	v, own := s.v.Vault(s.places.Vault), s.admin.ServicePrincipal.ObjectID
	if v == nil {
		return // somebody deleted it
	}
	v.Policies = slices.DeleteFunc(slices.Clone(v.Policies), func(p *vault.AccessPolicy) bool { return p.ObjectID == own })
	if len(permissions) > 0 {
		v.Policies = append(v.Policies, &vault.AccessPolicy{Tenant: s.places.Tenant, ObjectID: own, Secrets: permissions})
	}
}

// setAzureRole takes a role of the identity away wherever it has it, and gives it at the scope.
func (s *planter) setAzureRole(role, scope string, has bool) {
	roles, own := s.v.Roles(), s.admin.ServicePrincipal.ObjectID
	wanted, _ := roles.Named(role) // built-in roles are always there
	for _, a := range roles.Assignments() {
		if a.PrincipalID == own && a.DefinitionID == wanted.ID {
			roles.Revoke(a.Scope, a.Name, s.w.Now())
		}
	}
	if has {
		s.a.AddRoleAssignment(own, role, scope)
	}
}
