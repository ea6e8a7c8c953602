package acs

import (
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// Exchange is one request for an access token, over HTTP or by an add-in inside the cloud.
type Exchange struct {
	// Realm is the tenant's id; ClientID is bare, or with "@" and the realm behind it.
	Realm, ClientID, Secret string
	// Grant is client_credentials, refresh_token or authorization_code; Ticket is what belongs to the latter two.
	Grant, Ticket string
	// Resource is SharePoint's id, the site's host and the realm: "00000003-.../contoso.sharepoint.com@realm".
	Resource string
	// Consumer is the name of a consumer inside the cloud.
	Consumer string
}

// Access is what an access token gives: an add-in, and the user that it acts for, at a site's host.
type Access struct {
	Realm, ClientID, Host string
	User                  string // object id, "" for the add-in alone
	Issued, Expires       time.Time
}

// Issue judges a request and notes the sign-in for the reports. Hold the lock.
func (s *Service) Issue(now time.Time, e Exchange) (Access, *directory.Failure) {
	if s.retired() {
		return Access{}, refuse(404, "invalid_request", 900439, "Azure Access Control Service is retired.")
	}
	t := s.d.Tenant(e.Realm)
	if t == nil {
		return Access{}, directory.TenantNotFound(e.Realm)
	}
	clientID, realm, named := strings.Cut(e.ClientID, "@")
	sp := s.AddIn(e.Realm, clientID)
	if sp == nil || (named && s.d.Tenant(realm) != t) {
		return Access{}, s.d.AppNotFound(clientID, t)
	}
	if sp.Disabled {
		return Access{}, refuse(400, "unauthorized_client", 7000112, "Application '"+sp.AppID+"'("+sp.DisplayName+") is disabled.")
	}
	keyID, failure := s.d.JudgeACSSecret(now, sp, e.Secret)
	access := Access{Realm: t.ID, ClientID: sp.AppID, Issued: now, Expires: now.Add(appLife)}
	if failure == nil {
		failure = s.readResource(e.Resource, t, &access)
	}
	if failure == nil {
		failure = s.judgeTicket(now, e, &access)
	}
	s.d.NoteACS(now, sp, keyID, failure, e.Consumer)
	return access, failure
}

func (s *Service) readResource(resource string, t *directory.Tenant, access *Access) *directory.Failure {
	name, realm, _ := strings.Cut(resource, "@")
	id, host, _ := strings.Cut(name, "/")
	if !strings.EqualFold(id, SharePointID) || s.d.Tenant(realm) != t || !strings.HasSuffix(strings.ToLower(host), "."+s.w.Cloud().SharePointSuffix) {
		return refuse(400, "invalid_resource", 500011, "The resource principal named "+resource+" was not found in the tenant named "+t.ID+".")
	}
	access.Host = strings.ToLower(host)
	return nil
}

// judgeTicket judges what stands for a user. A code works once.
func (s *Service) judgeTicket(now time.Time, e Exchange, access *Access) *directory.Failure {
	kind := map[string]string{"refresh_token": kindRefresh, "authorization_code": kindCode}[e.Grant]
	switch {
	case e.Grant == "client_credentials":
		return nil
	case kind == "":
		return refuse(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '"+e.Grant+"'.")
	}
	t, ok := s.open(e.Ticket)
	switch {
	case !ok || t.Kind != kind || t.Realm != access.Realm:
		return refuse(400, "invalid_grant", 70000, "The provided value for the '"+kind+"' parameter is not valid.")
	case t.Client != access.ClientID:
		return refuse(400, "invalid_grant", 70000, "The provided grant was issued to another client.")
	case !now.Before(t.Expires):
		return refuse(400, "invalid_grant", 70008, "The provided authorization code or refresh token is expired.")
	case kind == kindCode && s.spent(now, t.Draw):
		return refuse(400, "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
	}
	access.User, access.Expires = t.User, now.Add(userLife)
	return nil
}

func (s *Service) spent(now time.Time, draw string) bool {
	for old, at := range s.used {
		if now.Sub(at) > codeLife {
			delete(s.used, old)
		}
	}
	_, twice := s.used[draw]
	s.used[draw] = now
	return twice
}

func refuse(status int, oauth string, code int, text string) *directory.Failure {
	return &directory.Failure{Status: status, OAuth: oauth, Code: code, Text: text}
}

// mint answers the token of an access.
func (s *Service) mint(a Access) string {
	claims := map[string]any{
		"aud": SharePointID + "/" + a.Host + "@" + a.Realm, "iss": IssuerID + "@" + a.Realm, "nbf": a.Issued.Unix(), "iat": a.Issued.Unix(),
		"exp": a.Expires.Unix(), "identityprovider": IssuerID + "@" + a.Realm, "nameid": a.ClientID + "@" + a.Realm, "sub": a.ClientID + "@" + a.Realm,
	}
	if a.User != "" {
		claims["nameid"], claims["nii"], claims["actor"] = a.User, "urn:federation:microsoftonline", a.ClientID+"@"+a.Realm
		delete(claims, "sub")
	}
	return s.d.MintBare(claims)
}

// Verify reads an access token that this ACS has issued and that has not ended; ok is false for any other.
func (s *Service) Verify(token string) (a Access, ok bool) {
	claims, ok := s.d.VerifyBare(token)
	text := func(name string) string { value, _ := claims[name].(string); return value }
	issuer, realm, _ := strings.Cut(text("iss"), "@")
	if !ok || issuer != IssuerID {
		return a, false
	}
	name, _, _ := strings.Cut(text("aud"), "@")
	_, a.Host, _ = strings.Cut(name, "/")
	a.Realm = realm
	expires, _ := claims["exp"].(float64)
	a.Expires = time.Unix(int64(expires), 0)
	client := text("nameid")
	if actor := text("actor"); actor != "" {
		a.User, client = text("nameid"), actor
	}
	a.ClientID, _, _ = strings.Cut(client, "@")
	return a, s.w.Now().Before(a.Expires)
}
