package login

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

const grantDevice = "urn:ietf:params:oauth:grant-type:device_code"

// redeem reads a grant that a person's sign-in stands behind: a code, a device code or a refresh token. The answer is a
// copy of what the person agreed to, with the resource of this request.
func (s *Service) redeem(form url.Values, tenant string, v2 bool) (request, directory.SignIn, *directory.Failure) {
	var r request
	var f *directory.Failure
	switch form.Get("grant_type") {
	case "authorization_code":
		r, f = s.redeemCode(form)
	case "refresh_token":
		r, f = s.redeemRefresh(form)
	default:
		r, f = s.redeemDevice(form, v2)
	}
	if f == nil && !strings.EqualFold(r.clientID, form.Get("client_id")) {
		f = bad("invalid_grant", 700005, "The provided authorization code or refresh token is intended to be used by another client.")
	}
	if f == nil {
		f = s.checkTenant(tenant, &r)
	}
	if f == nil {
		f = s.readResourceAgain(form, &r, v2)
	}
	if f != nil {
		return r, directory.SignIn{}, f
	}
	sign := r.signIn()
	sign.Secret, sign.Assertion = form.Get("client_secret"), form.Get("client_assertion")
	return r, sign, nil
}

// checkTenant refuses a token endpoint of another tenant than the person's.
func (s *Service) checkTenant(tenant string, r *request) *directory.Failure {
	if shared(tenant) {
		return nil
	}
	if t := s.d.Tenant(tenant); t == nil {
		return directory.TenantNotFound(tenant)
	} else if t != r.home {
		return bad("invalid_grant", 70000, "The provided value for the 'code' parameter is not valid. The code has expired or was made for "+
			"another tenant.")
	}
	return nil
}

// readResourceAgain takes another resource or scope than the first request's, which a grant may name.
func (s *Service) readResourceAgain(form url.Values, r *request, v2 bool) *directory.Failure {
	r.v2 = v2
	switch {
	case v2 && strings.TrimSpace(form.Get("scope")) != "":
		r.readScopes(strings.Fields(form.Get("scope")), s.w.Cloud().Graph())
	case !v2 && form.Get("resource") != "":
		r.resource, r.asked = form.Get("resource"), nil
	}
	if r.resource == "" {
		return bad("invalid_resource", 50001, "The resource identifier is not provided in the request.")
	}
	return nil
}

// redeemCode judges an authorization code: used once, within its life, at the same address, with the right verifier.
func (s *Service) redeemCode(form url.Values) (request, *directory.Failure) {
	if form.Get("code") == "" {
		return request{}, missing("code")
	}
	c := s.sessions.codes[form.Get("code")]
	switch {
	case c == nil:
		return request{}, bad("invalid_grant", 70000, "The provided value for the 'code' parameter is not valid.")
	case c.used:
		return request{}, bad("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or "+
			"use an existing refresh token.")
	case !s.w.Now().Before(c.expires):
		return request{}, bad("invalid_grant", 70008, "The provided authorization code or refresh token has expired due to inactivity. Send a "+
			"new interactive authorization request for this user and resource.")
	case form.Get("redirect_uri") != c.redirect:
		return request{}, bad("invalid_client", 500112, "The reply address '%s' does not match the reply address '%s' provided when requesting "+
			"Authorization code.", form.Get("redirect_uri"), c.redirect)
	case !c.verified(form.Get("code_verifier")):
		return request{}, bad("invalid_grant", 501481, "The Code_Verifier does not match the code_challenge supplied in the authorization request.")
	}
	c.used = true
	return c.request, nil
}

// verified checks the proof that the code's redeemer is who asked for it. Source: RFC 7636.
func (c *code) verified(verifier string) bool {
	switch {
	case c.challenge == "":
		return verifier == ""
	case strings.EqualFold(c.method, "S256"):
		sum := sha256.Sum256([]byte(verifier))
		return base64.RawURLEncoding.EncodeToString(sum[:]) == c.challenge
	}
	return verifier == c.challenge
}

// redeemRefresh judges a refresh token; a new password revokes those from before.
func (s *Service) redeemRefresh(form url.Values) (request, *directory.Failure) {
	if form.Get("refresh_token") == "" {
		return request{}, missing("refresh_token")
	}
	t := s.sessions.tokens[form.Get("refresh_token")]
	switch {
	case t == nil:
		return request{}, bad("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
	case !s.w.Now().Before(t.expires):
		return request{}, bad("invalid_grant", 700082, "The refresh token has expired due to inactivity. The token was issued on %s and was "+
			"inactive for 90.00:00:00.", t.expires.Add(-refreshLife).Format("2006-01-02T15:04:05.0000000Z"))
	case t.password != t.user.Password:
		return request{}, bad("invalid_grant", 50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed. "+
			"The user might have changed or reset their password.")
	}
	return t.request, nil
}

// redeemDevice judges a device code: its owner may not have answered yet. A code works once.
func (s *Service) redeemDevice(form url.Values, v2 bool) (request, *directory.Failure) {
	name := "device_code"
	if !v2 && form.Get(name) == "" {
		name = "code"
	}
	if form.Get(name) == "" {
		return request{}, missing(name)
	}
	d, now := s.sessions.devices[form.Get(name)], s.w.Now()
	if d == nil {
		return request{}, bad("bad_verification_code", 70018, "Invalid verification code due to user typing in wrong user code for device "+
			"code flow.")
	}
	hasty := now.Sub(d.asked) < s.pause()-devicePause/5
	d.asked = now
	switch {
	case d.declined:
		return request{}, bad("authorization_declined", 65004, "User declined to consent to access the app.")
	case !now.Before(d.expires):
		return request{}, bad("expired_token", 70019, "Verification code expired.")
	case d.user == nil && hasty && !s.w.Gentle():
		return request{}, bad("slow_down", 70016, "OAuth 2.0 device flow error. The client polls too often. Wait longer between requests.")
	case d.user == nil:
		return request{}, bad("authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
	}
	delete(s.sessions.devices, d.code)
	r := d.request
	r.device = d
	return r, nil
}

func missing(name string) *directory.Failure {
	return bad("invalid_request", 900144, "The request body must contain the following parameter: '%s'.", name)
}

// person is the token endpoint for grants that a person's sign-in stands behind.
func (s *Service) person(w http.ResponseWriter, r *http.Request, form url.Values, tenant string, v2 bool) {
	asked, id, failure := s.personSignsIn(form, tenant, v2)
	if failure == nil && asked.page && r.Header.Get("Origin") == "" {
		failure = bad("invalid_request", 9002327, "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.")
	}
	if failure != nil {
		s.refuse(w, r, failure)
		return
	}
	body := s.answer(id, asked.resource, form, asked.scopes, v2)
	if body.IDToken != "" {
		body.IDToken = s.d.MintIDToken(id, asked.nonce)
	}
	if !v2 || slices.Contains(asked.scopes, "offline_access") {
		s.w.Lock()
		body.RefreshToken = s.remember(asked)
		s.w.Unlock()
	}
	headers(w, r)
	writeJSON(w, http.StatusOK, body)
}

// personSignsIn judges a person's grant.
func (s *Service) personSignsIn(form url.Values, tenant string, v2 bool) (request, directory.Identity, *directory.Failure) {
	s.w.Lock()
	defer s.w.Unlock()
	asked, sign, failure := s.redeem(form, tenant, v2)
	if failure != nil {
		return asked, directory.Identity{}, failure
	}
	id, failure := s.d.SignIn(s.w.Now(), sign)
	return asked, id, failure
}
