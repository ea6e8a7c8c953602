package directory

import (
	"strings"
	"time"
)

// App ids of Microsoft's own APIs. Source: https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in,
// read 2026-11-22.
const (
	GraphAppID      = "00000003-0000-0000-c000-000000000000"
	ARMAppID        = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
	VaultAppID      = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
	SharePointAppID = "00000003-0000-0ff1-ce00-000000000000"
)

// microsoftAPI is one of Microsoft's APIs as a tenant knows it.
type microsoftAPI struct {
	appID, name string
	names       []string
	roles       []string
}

// microsoftAPIs are the APIs that the simulated cloud serves or hands tokens out for, and the tools that people sign in
// with; tools have no names of their own.
func (d *Directory) microsoftAPIs() []microsoftAPI {
	c := d.w.Cloud()
	return []microsoftAPI{
		{GraphAppID, "Microsoft Graph", []string{c.Graph()}, graphRoleNames()},
		{ARMAppID, "Windows Azure Service Management API", c.ARMAudiences(), nil},
		{VaultAppID, "Azure Key Vault", []string{c.Vault()}, nil},
		{"04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI", nil, nil},
		{"1950a258-227b-4e31-a9cf-717495945fc2", "Microsoft Azure PowerShell", nil, nil},
		{SharePointAppID, "Office 365 SharePoint Online", []string{"https://microsoft.sharepoint-df.com"}, []string{"Sites.FullControl.All", "Sites.Selected"}},
	}
}

// apiOf answers the app id of Microsoft's API with this address or app id, "" when it is none of them.
func (d *Directory) apiOf(resource string) string {
	r := strings.ToLower(strings.TrimRight(resource, "/"))
	if api, known := d.apis[r]; known {
		return api
	}
	if isHost(r, d.sites) {
		return SharePointAppID
	}
	return ""
}

// nameAPIs notes under which addresses and ids Microsoft's APIs are asked for in this cloud.
func (d *Directory) nameAPIs() {
	d.apis, d.sites = map[string]string{}, "."+d.w.Cloud().SharePointSuffix
	for _, api := range d.microsoftAPIs() {
		if len(api.names) > 0 {
			d.apis[api.appID] = api.appID
		}
		for _, name := range api.names {
			d.apis[name] = api.appID
		}
	}
}

// isHost reports whether an address is a bare host with that ending.
func isHost(address, ending string) bool {
	host, secure := strings.CutPrefix(address, "https://")
	return secure && strings.HasSuffix(host, ending) && !strings.Contains(host, "/")
}

// AppRole is a permission that an API offers to apps.
type AppRole struct{ ID, Value string }

// Grant is an app role given to a service principal.
type Grant struct {
	ID, ResourceAppID string
	Role              AppRole
	Created           time.Time
	// From is when tokens start to carry it.
	From time.Time
}

// knownRoles are the ids of app roles that clients name by id. Source:
// https://learn.microsoft.com/graph/permissions-reference, read 2026-11-22.
func knownRoles() map[string]string {
	return map[string]string{
		"Application.Read.All":                   "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
		"Application.ReadWrite.All":              "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
		"Application.ReadWrite.OwnedBy":          "18a4783c-866b-4cc7-a460-3d5e5662c884",
		"AppRoleAssignment.ReadWrite.All":        "06b708a9-e830-4db3-a914-8e69da51d44f",
		"DelegatedPermissionGrant.ReadWrite.All": "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
		"AuditLog.Read.All":                      "b0afded3-3588-46d8-8b3d-9842eff778da",
		"Directory.Read.All":                     "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
		"Directory.ReadWrite.All":                "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
		"Group.ReadWrite.All":                    "62a82d76-70ea-41e2-9197-370581804d09",
		"Organization.Read.All":                  "498476ce-e0fe-48b0-b801-37ba7e2685c6",
		"Policy.Read.All":                        "246dd0d5-5bd0-4def-940b-0421030a5b68",
		"Reports.Read.All":                       "230c1aed-a721-4c5d-9cb4-a90514e508ef",
		"RoleManagement.Read.Directory":          "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
		"Sites.FullControl.All":                  "a82116e5-55eb-4c41-a434-62fe8a61c773",
		"User.Read.All":                          "df021288-bdef-4463-88db-98f22de89214",
	}
}

func graphRoleNames() []string {
	return []string{
		"Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "AppRoleAssignment.ReadWrite.All",
		"AuditLog.Read.All", "CrossTenantInformation.ReadBasic.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.ReadWrite.All", "Organization.Read.All",
		"Policy.Read.All", "Policy.Read.ApplicationConfiguration", "Reports.Read.All", "RoleManagement.Read.Directory", "Sites.FullControl.All", "User.Read.All",
	}
}

// roleNamed answers the app role of an API by its name; ids that are not well known are made from the name.
func roleNamed(api, name string) AppRole {
	if id, ok := knownRoles()[name]; ok && api == GraphAppID {
		return AppRole{ID: id, Value: name}
	}
	if api == SharePointAppID && name == "Sites.FullControl.All" {
		return AppRole{ID: "678536fe-1083-478a-9c59-b99265e6b0d3", Value: name}
	}
	return AppRole{ID: derivedID(api, name), Value: name}
}

// addMicrosoftPrincipals puts Microsoft's APIs into a tenant.
func (d *Directory) addMicrosoftPrincipals(t *Tenant) {
	for _, api := range d.microsoftAPIs() {
		s := &ServicePrincipal{
			ObjectID: d.w.NewID(), AppID: api.appID, DisplayName: api.name, Type: "Application",
			Created: t.Created, Extra: map[string]any{}, Tenant: t, public: len(api.names) == 0, Names: api.names,
		}
		for _, name := range api.roles {
			s.AppRoles = append(s.AppRoles, roleNamed(api.appID, name))
		}
		t.addPrincipal(s)
	}
}

// Grant gives a service principal an app role of an API by name, effective at once.
func (d *Directory) Grant(s *ServicePrincipal, api, role string) *Grant {
	g := &Grant{ID: d.w.NewID(), ResourceAppID: api, Role: roleNamed(api, role), Created: d.w.Now(), From: d.w.Now()}
	s.Grants = append(s.Grants, g)
	return g
}

// AddManagedIdentity makes the service principal of a managed identity; nil when there is no such tenant.
func (d *Directory) AddManagedIdentity(tenant, displayName string) *ServicePrincipal {
	t := d.Tenant(tenant)
	if t == nil {
		return nil
	}
	s := &ServicePrincipal{
		ObjectID: d.w.NewID(), AppID: d.w.NewID(), DisplayName: displayName, Type: "ManagedIdentity",
		Created: d.w.Now(), Extra: map[string]any{}, Tenant: t,
	}
	t.addPrincipal(s)
	return s
}
