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
		id, err := c.s.d.Verify(token, "https://graph.microsoft.com")
		c.id, message = id, tokenMessage(err)
	}
	if message == "" {
		return nil
	}
	r := failure(http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", message)
	r.header = http.Header{"Www-Authenticate": {`Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", ` +
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

// may reports whether the token carries one of the permissions; a user with an administrator's role has them all.
func (c *call) may(roles ...string) bool {
	if c.id.User && c.isAdministrator() {
		return true
	}
	return slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(c.id.Roles, role) })
}

func (c *call) isAdministrator() bool {
	return slices.ContainsFunc(c.id.DirectoryRoles, func(role string) bool {
		switch role {
		case "Global Administrator", "Application Administrator", "Cloud Application Administrator":
			return true
		}
		return false
	})
}

// mayReadApplications holds for every member of the organisation, and for apps with a permission to read.
func (c *call) mayReadApplications() bool {
	return c.id.User || c.may("Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy",
		"Directory.Read.All", "Directory.ReadWrite.All")
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
	return owned && (c.id.User || c.may("Application.ReadWrite.OwnedBy"))
}

func (c *call) mayReadPolicies() bool {
	return c.may("Policy.Read.All", "Policy.Read.ApplicationConfiguration", "Policy.ReadWrite.ApplicationConfiguration")
}
