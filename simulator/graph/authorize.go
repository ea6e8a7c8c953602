package graph

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// authenticate reads the bearer token; nil means that the caller is known.
func (c *call) authenticate(header string) *reply {
	kind, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	message := ""
	switch {
	case !strings.EqualFold(kind, "Bearer") || token == "":
		message = "Access token is empty."
	case strings.Count(token, ".") != 2:
		message = "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE Compact Serialization Format. " +
			"(JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): 'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector." +
			"EncodedCiphertext.EncodedAuthenticationTag'."
	default:
		id, err := c.s.d.Verify(token, directory.GraphAppID)
		c.id, message = id, tokenMessage(err)
	}
	if message == "" {
		return nil
	}
	r := failure(http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", message)
	r.header = http.Header{"Www-Authenticate": {`Bearer realm="", authorization_uri="` + c.s.w.Cloud().Login() + `/common/oauth2/authorize", ` +
		`client_id="00000003-0000-0000-c000-000000000000"`}}
	return &r
}

func tokenMessage(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, directory.ErrTokenExpired):
		return "Lifetime validation failed, the token is expired."
	case errors.Is(err, directory.ErrTokenAudience):
		return "Access token validation failure. Invalid audience."
	case errors.Is(err, directory.ErrTokenSignature):
		return "Signing key is invalid."
	}
	return "CompactToken parsing failed with error code: 80049217"
}

// caller names the caller for the log.
func (c *call) caller() string {
	if c.id.User {
		return c.id.UserName
	}
	return c.id.AppID
}

// may reports whether the caller has one of the permissions: an app as a role in its token; a person as a scope, and with
// a directory role that allows as much.
func (c *call) may(permissions ...string) bool {
	if !c.id.User {
		return slices.ContainsFunc(permissions, func(p string) bool { return slices.Contains(c.id.Roles, p) })
	}
	return slices.ContainsFunc(permissions, func(p string) bool { return c.scoped(p) && c.hasRole(rolesFor(p)) })
}

// scoped reports whether a person's token carries one of the scopes; Directory.AccessAsUser.All stands for whatever the
// person may.
func (c *call) scoped(scopes ...string) bool {
	return slices.ContainsFunc(append(scopes, "Directory.AccessAsUser.All"), func(s string) bool { return slices.Contains(c.id.Roles, s) })
}

// hasRole reports whether the person has one of the directory roles now; whatever the token says may be old.
func (c *call) hasRole(roles []string) bool {
	u := c.tenant.User(c.id.ObjectID)
	return u != nil && slices.ContainsFunc(c.s.d.RolesOf(u), func(role string) bool { return slices.Contains(roles, role) })
}

// rolesFor are the directory roles that let a person use a permission. Source: the tables of
// https://learn.microsoft.com/graph/api/application-addpassword and its neighbours, read 2026-11-25.
func rolesFor(permission string) []string {
	kind, _, _ := strings.Cut(permission, ".")
	switch kind {
	case "Policy":
		return []string{"Global Administrator", "Application Administrator", "Cloud Application Administrator", "Conditional Access Administrator", "Global Reader", "Security Reader"}
	case "AuditLog":
		return []string{"Global Administrator", "Reports Reader", "Security Reader", "Global Reader"}
	case "RoleManagement", "RoleEligibilitySchedule":
		return []string{"Global Administrator", "Privileged Role Administrator", "Global Reader", "Security Reader"}
	case "AppRoleAssignment", "DelegatedPermissionGrant":
		return []string{"Global Administrator", "Privileged Role Administrator", "Application Administrator", "Cloud Application Administrator"}
	}
	return []string{"Global Administrator", "Application Administrator", "Cloud Application Administrator"}
}

// mayReadApplications holds for apps with a permission to read, and for members of the organisation with a scope.
func (c *call) mayReadApplications() bool {
	reading := []string{
		"Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy", "Directory.Read.All", "Directory.ReadWrite.All",
	}
	if c.id.User {
		return c.scoped(reading...) && (!c.id.Guest || c.hasRole(rolesFor("Application")))
	}
	return c.may(reading...)
}

// mayReadDirectory is the right to read roles and consents.
func (c *call) mayReadDirectory() bool {
	reading := []string{"Directory.Read.All", "Directory.ReadWrite.All", "RoleManagement.Read.Directory"}
	if c.id.User {
		return c.scoped(reading...) && !c.id.Guest
	}
	return c.may(reading...)
}

func (c *call) mayReadRoles() bool { return c.may(roleScopes()...) }

// mayCreate holds for people too: members may register apps, and own what they register.
func (c *call) mayCreate() bool {
	if c.id.User {
		return c.scoped("Application.ReadWrite.All") && !c.id.Guest
	}
	return c.may("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy")
}

// mayWrite reports whether the caller may change an object: all of them, or what it owns with the lesser permission. A
// replica may not know a new owner yet.
func (c *call) mayWrite(o *object) bool {
	if c.may("Application.ReadWrite.All") {
		return true
	}
	seen := c.view(o)
	if seen == nil {
		seen = o
	}
	owners := *seen.ownerIDs()
	owned := slices.ContainsFunc(owners, func(id string) bool { return strings.EqualFold(id, c.id.ObjectID) })
	if c.id.User {
		return owned && c.scoped("Application.ReadWrite.All")
	}
	return owned && c.may("Application.ReadWrite.OwnedBy")
}

func (c *call) mayReadPolicies() bool {
	return c.may("Policy.Read.All", "Policy.Read.ApplicationConfiguration", "Policy.ReadWrite.ApplicationConfiguration")
}
