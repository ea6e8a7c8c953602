package vault

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// apiVersions are the versions of the data plane that clients may send.
func apiVersions() []string {
	return []string{
		"2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01",
		"7.0-preview", "7.2-preview", "7.3-preview", "7.4-preview.1", "7.5-preview.1", "7.6-preview.1", "7.6-preview.2", "2025-06-01-preview", "2026-01-01-preview",
	}
}

func (c *call) checkVersion() *Failure {
	c.version = c.query["api-version"]
	switch {
	case c.version == "":
		return bad("api-version must be specified")
	case !slices.Contains(apiVersions(), strings.ToLower(c.version)):
		return bad("The specified version (%s) is not recognized. Consider using the latest supported version (2026-04-01).", c.version)
	}
	return nil
}

// authenticate judges the bearer token; without a good one the answer is the challenge that names the vault's tenant.
func (c *call) authenticate() *Failure {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(token) == "" {
		return c.unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
	}
	id, err := c.s.d.Verify(strings.TrimSpace(token), directory.VaultAppID)
	switch {
	case errors.Is(err, directory.ErrTokenExpired):
		return c.unauthorized("AKV10001: Error validating token: IDX10223: Lifetime validation failed. The token is expired.")
	case errors.Is(err, directory.ErrTokenAudience):
		return c.unauthorized("AKV10022: Invalid audience. Expected " + c.v.cloud.Vault() + ", found: " + id.Audience + ".")
	case err != nil:
		return c.unauthorized("AKV10001: Error validating token: IDX10511: Signature validation failed.")
	case !strings.EqualFold(id.Tenant, c.v.Tenant):
		return wrongIssuer(c.v, id)
	}
	c.id = id
	return nil
}

func (c *call) unauthorized(message string) *Failure {
	return &Failure{Status: http.StatusUnauthorized, Code: "Unauthorized", Message: message, challenge: challenge(c.v)}
}

func wrongIssuer(v *Vault, id directory.Identity) *Failure {
	return &Failure{
		Status: http.StatusUnauthorized, Code: "Unauthorized",
		Message:   "AKV10032: Invalid issuer. Expected one of " + v.cloud.Issuer(v.Tenant) + ", found " + v.cloud.Issuer(id.Tenant) + ".",
		challenge: challenge(v),
	}
}

func challenge(v *Vault) string {
	return `Bearer authorization="` + v.cloud.Login() + `/` + v.Tenant + `", resource="` + v.cloud.Vault() + `"`
}
