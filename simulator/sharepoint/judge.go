package sharepoint

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/acs"
	"keyturn/simulator/directory"
)

var (
	errToken   = errors.New("token is not taken")
	errNoToken = errors.Join(errToken, errors.New("there is none"))
)

// denial is a token that is understood and refused.
type denial struct {
	status     int
	code, text string
}

// Error is the refusal's sentence.
func (d *denial) Error() string { return d.text }

// judge reads a token and asks whether its owner may read the site. It returns who that is, [errToken] for a token that
// cannot be read, or a [denial].
func (s *Service) judge(site *Site, token string) (who string, err error) {
	if token == "" {
		return "", errNoToken
	}
	if access, ok := s.acs.Verify(token); ok {
		s.w.Lock()
		defer s.w.Unlock()
		return access.ClientID, s.allows(s.w.Now(), site, access)
	}
	id, err := s.d.Verify(token, directory.SharePointAppID)
	if err != nil || id.Tenant != site.Tenant.ID {
		return "", errToken
	}
	return id.AppID, entraAllows(id)
}

// allows judges an access that ACS gave. Sources: sp-dev-docs, retirement-announcement-for-azure-acs and the page about
// DisableCustomAppAuthentication, read 2026-11-22; what is said after the retirement is not documented.
func (s *Service) allows(now time.Time, site *Site, a acs.Access) error {
	switch {
	case !s.acs.Trusted():
		return &denial{http.StatusUnauthorized, "invalid_request", "The issuer of the token is not a trusted issuer."}
	case a.User == "" && s.w.Switch(acs.SwitchDisabled) != "":
		return &denial{http.StatusUnauthorized, "invalid_request", "Token type is not allowed."}
	case a.Realm != site.Tenant.ID || a.Host != site.Host || !now.Before(a.Expires):
		return &denial{http.StatusUnauthorized, "invalid_request", "Invalid audience Uri."}
	case !site.allows(a.ClientID):
		return &denial{http.StatusForbidden, "-2147024891, System.UnauthorizedAccessException", "Access denied. You do not have permission to perform this action or access this resource."}
	}
	return nil
}

// entraAllows judges a token of Entra ID: apps that signed in with a secret are refused, whatever they were granted.
// Source: sp-dev-docs, security-apponly-azuread, read 2026-11-22.
func entraAllows(id directory.Identity) error {
	switch {
	case id.User:
		return nil
	case !id.ByCertificate():
		return &denial{http.StatusUnauthorized, "invalid_request", "Unsupported app only token."}
	case !slices.ContainsFunc(id.Roles, func(role string) bool { return strings.HasPrefix(role, "Sites.") }):
		return &denial{http.StatusForbidden, "-2147024891, System.UnauthorizedAccessException", "Access denied."}
	}
	return nil
}
