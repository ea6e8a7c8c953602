package acs

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"keyturn/simulator/directory"
)

// ErrNoKey says that an add-in has no key that a context token could be signed with.
var ErrNoKey = errors.New("the add-in has no valid symmetric key for signing")

// Launch is a user opening an add-in on a site.
type Launch struct {
	AddIn *directory.ServicePrincipal
	// Site is the host of the site, such as contoso.sharepoint.com; User the object id of who opens it.
	Site, User string
}

// ContextToken is what SharePoint posts to an add-in that a user opens, signed with the oldest valid key that ACS knows of.
// It returns [ErrNoKey]. Hold the lock. Source: sp-dev-docs, handle-security-tokens-in-provider-hosted-low-trust-sharepoint-add-ins,
// read 2026-11-25.
func (s *Service) ContextToken(now time.Time, l Launch) (string, error) {
	key := s.d.ACSSigningKey(now, l.AddIn)
	if key == nil {
		return "", ErrNoKey
	}
	realm := l.AddIn.Tenant.ID
	appContext, err := json.Marshal(map[string]any{
		"CacheKey": rand.Text(), "NextCacheKey": nil,
		"SecurityTokenServiceUri": "https://" + s.w.Cloud().ACSHosts[0] + "/tokens/OAuth/2",
	})
	if err != nil {
		return "", fmt.Errorf("write context: %w", err)
	}
	refresh := s.seal(ticket{
		Kind: kindRefresh, Realm: realm, Client: l.AddIn.AppID, User: l.User, Host: l.Site, Expires: now.Add(refreshLife),
	})
	return signSymmetric(map[string]any{
		"aud": l.AddIn.AppID + "/" + l.AddIn.AddIn.Host + "@" + realm, "iss": IssuerID + "@" + realm,
		"nbf": now.Unix(), "exp": now.Add(contextLife).Unix(), "appctxsender": SharePointID + "@" + realm,
		"appctx": string(appContext), "refreshtoken": refresh, "isbrowserhostedapp": "true",
	}, key.DER)
}

// Code is what SharePoint's consent page hands to an add-in that asks for permissions on the fly. Hold the lock.
func (s *Service) Code(now time.Time, l Launch) string {
	return s.seal(ticket{
		Kind: kindCode, Realm: l.AddIn.Tenant.ID, Client: l.AddIn.AppID, User: l.User, Host: l.Site, Expires: now.Add(codeLife),
	})
}

// signSymmetric makes an HS256 token. Source: RFC 7515.
func signSymmetric(claims map[string]any, key []byte) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("write claims: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(body)
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil)), nil
}
