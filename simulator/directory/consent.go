package directory

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// Consent lets an app act for people at an API; Graph calls it oauth2PermissionGrant.
type Consent struct {
	ID, ResourceAppID string
	Scopes            []string
	// UserID is who gave it for themselves, "" when an administrator gave it for everyone.
	UserID string
}

// Consent gives a service principal scopes at an API, for one user or for everyone ("").
func (d *Directory) Consent(s *ServicePrincipal, api, userID string, scopes ...string) *Consent {
	for _, c := range s.Consents {
		if c.ResourceAppID == api && c.UserID == userID {
			for _, scope := range scopes {
				if !slices.Contains(c.Scopes, scope) {
					c.Scopes = append(c.Scopes, scope)
				}
			}
			return c
		}
	}
	c := &Consent{ID: d.w.NewID(), ResourceAppID: api, UserID: userID, Scopes: slices.Clone(scopes)}
	s.Consents = append(s.Consents, c)
	return c
}

// consented are the scopes that an app may use for a user. Microsoft's tools come with theirs.
func (s *ServicePrincipal) consented(api string, user *User) []string {
	if s.public {
		return toolScopes(api)
	}
	var scopes []string
	for _, c := range s.Consents {
		if c.ResourceAppID == api && (c.UserID == "" || c.UserID == user.ObjectID) {
			scopes = append(scopes, c.Scopes...)
		}
	}
	return scopes
}

// toolScopes are what the Azure CLI may do for the person at it.
func toolScopes(api string) []string {
	if api == GraphAppID {
		return []string{
			"Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "AuditLog.Read.All", "DelegatedPermissionGrant.ReadWrite.All",
			"Directory.AccessAsUser.All", "Group.ReadWrite.All", "User.Read.All", "User.ReadWrite.All",
		}
	}
	return []string{"user_impersonation"}
}

// MissingConsent lists what an app asks for at an API and nobody has agreed to; asked is bare scope names, and
// ".default" (or nothing) stands for whatever was agreed to.
func (s *ServicePrincipal) MissingConsent(api string, user *User, asked []string) []string {
	has := s.consented(api, user)
	var missing []string
	for _, scope := range asked {
		if scope != ".default" && !IsOpenID(scope) && !slices.ContainsFunc(has, func(h string) bool { return strings.EqualFold(h, scope) }) {
			missing = append(missing, scope)
		}
	}
	if len(has) == 0 && len(missing) == 0 && (len(asked) == 0 || slices.Contains(asked, ".default")) {
		return append(missing, s.configuredScopes(api)...)
	}
	return missing
}

// judgeConsent asks whether the app may do for the user what it asks for.
func judgeConsent(sp *ServicePrincipal, user *User, api string, asked []string) *Failure {
	if user == nil {
		return nil
	}
	if api == GraphAppID {
		for _, scope := range asked {
			if _, known := graphScopes()[scope]; !known && scope != ".default" {
				return scopeUnknown(scope, api)
			}
		}
	}
	if len(sp.MissingConsent(api, user, asked)) > 0 {
		return consentMissing(sp)
	}
	return nil
}

// configuredScopes are what the registration says that it needs at an API; User.Read when it says nothing.
func (s *ServicePrincipal) configuredScopes(api string) []string {
	var scopes []string
	if s.Application != nil {
		needs, _ := s.Application.Extra["requiredResourceAccess"].([]any)
		for _, item := range needs {
			need, _ := item.(map[string]any)
			access, _ := need["resourceAccess"].([]any)
			if need["resourceAppId"] != api {
				continue
			}
			for _, one := range access {
				entry, _ := one.(map[string]any)
				if name := scopeWithID(fmt.Sprint(entry["id"])); name != "" && entry["type"] == "Scope" {
					scopes = append(scopes, name)
				}
			}
		}
	}
	if len(scopes) == 0 {
		return []string{"User.Read"}
	}
	return scopes
}

// IsOpenID reports whether a scope is one of sign-in itself, which needs nobody's consent here.
func IsOpenID(scope string) bool {
	switch scope {
	case "openid", "profile", "email", "offline_access":
		return true
	}
	return false
}

// NeedsAdmin reports whether only an administrator can agree to a delegated scope of Microsoft Graph.
func NeedsAdmin(scope string) bool { return scope != "User.Read" && !IsOpenID(scope) }

// MayConsent reports whether a user can agree to a scope for everyone.
func MayConsent(u *User) bool {
	return slices.ContainsFunc(u.Roles, func(role string) bool {
		switch role {
		case "Global Administrator", "Privileged Role Administrator", "Application Administrator", "Cloud Application Administrator":
			return true
		}
		return false
	})
}

func consentMissing(s *ServicePrincipal) *Failure {
	f := badRequest("invalid_grant", 65001, "The user or administrator has not consented to use the application with ID '%s' named '%s'. "+
		"Send an interactive authorization request for this user and resource.", s.AppID, s.DisplayName)
	f.Suberror = "consent_required"
	return f
}

func scopeUnknown(scope, resource string) *Failure {
	return badRequest("invalid_client", 650053, "The application asked for scope '%s' that doesn't exist on the resource '%s'. Contact the "+
		"app vendor.", scope, resource)
}

// graphScopes are delegated permissions of Microsoft Graph with their ids. Source:
// https://learn.microsoft.com/graph/permissions-reference, read 2026-11-25.
func graphScopes() map[string]string {
	return map[string]string{
		"Application.Read.All":                   "c79f8feb-a9db-4090-85f9-90d820caa0eb",
		"Application.ReadWrite.All":              "bdfbf15f-ee85-4955-8675-146e8e5296b5",
		"AppRoleAssignment.ReadWrite.All":        "84bccea3-f856-4a8a-967b-dbe0a3d53a64",
		"AuditLog.Read.All":                      "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20",
		"DelegatedPermissionGrant.ReadWrite.All": "41ce6ca6-6826-4807-84f1-1c82854f7ee5",
		"Directory.AccessAsUser.All":             "0e263e50-5827-48a4-b97c-d940288653c7",
		"Directory.Read.All":                     "06da0dbc-49e2-44d2-8312-53f166ab848a",
		"Directory.ReadWrite.All":                "c5366453-9fb0-48a5-a156-24f0c49a4b84",
		"Group.ReadWrite.All":                    "4e46008b-f24c-477d-8fff-7bb4ec7aafe0",
		"Organization.Read.All":                  "4908d5b9-3fb2-4b1e-9336-1888b7937185",
		"Policy.Read.All":                        "572fea84-0151-49b2-9301-11cb16974376",
		"RoleManagement.Read.Directory":          "741c54c3-0c1e-44a1-818b-3f97ab4e8c83",
		"User.Read":                              "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
		"User.Read.All":                          "a154be20-db9c-4678-8ab7-66f6cc099a59",
		"User.ReadWrite.All":                     "204e0828-b5ca-4ad8-b9f3-f32a958e7cc4",
		"openid":                                 "37f7f235-527c-4136-accd-4a02d197296e",
		"profile":                                "14dad69e-099b-42c9-810b-d002981feec1",
		"email":                                  "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
		"offline_access":                         "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
		// Ids of these are made up from the names; no client here names them by id.
		"Policy.Read.ConditionalAccess":          derivedID(GraphAppID, "Policy.Read.ConditionalAccess"),
		"Policy.Read.ApplicationConfiguration":   derivedID(GraphAppID, "Policy.Read.ApplicationConfiguration"),
		"RoleEligibilitySchedule.Read.Directory": derivedID(GraphAppID, "RoleEligibilitySchedule.Read.Directory"),
		"Sites.FullControl.All":                  derivedID(GraphAppID, "Sites.FullControl.All"),
	}
}

func scopeWithID(id string) string {
	for name, known := range graphScopes() {
		if strings.EqualFold(known, id) {
			return name
		}
	}
	return ""
}

// Scope is a permission that an API offers to apps for their users.
type Scope struct{ ID, Value string }

// Scopes are the delegated permissions of one of Microsoft's APIs, in order of their names.
func Scopes(api string) []Scope {
	var list []Scope
	switch api {
	case GraphAppID:
		for name, id := range graphScopes() {
			list = append(list, Scope{id, name})
		}
	case ARMAppID, VaultAppID:
		list = append(list, Scope{derivedID(api, "user_impersonation"), "user_impersonation"})
	}
	slices.SortFunc(list, func(a, b Scope) int { return strings.Compare(a.Value, b.Value) })
	return list
}

// DerivedID makes the same GUID of the same texts.
func DerivedID(space, name string) string { return derivedID(space, name) }

func derivedID(space, name string) string {
	b := sha256.Sum256([]byte(space + "/" + name))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
