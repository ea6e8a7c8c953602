package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/problem"
	"keyturn/secret"
)

// passwordSignIn is a person's sign-in by the password itself (resource owner password grant). The library's own is
// deprecated, and hands the password of a federated account to that account's own server; this one sends it to
// Microsoft's token endpoint alone, once, and forgets it for the refresh token.
// Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc (read 2026-11-25).
type passwordSignIn struct {
	hosts     Hosts
	discovery *discovery
	tenant    string
	clientID  string
	login     string
	password  secret.Value // gone once there is a refresh token
	refresh   secret.Value
}

func (m maker) password() (azcore.TokenCredential, error) {
	if err := m.needsPublicClient(); err != nil {
		return nil, err
	}
	carrier, ok := m.carrier.(*discovery)
	if !ok || m.o.Username == "" || m.o.Password.IsZero() {
		return nil, problem.NeedsPerson("password.missing", "sign-in with a password", "a login and its password are needed",
			"name the login with --username; the password is asked for, or read from --password-fd")
	}
	return &passwordSignIn{
		hosts: m.hosts, discovery: carrier, tenant: m.tenantOrAny(), clientID: m.o.ClientID, login: m.o.Username, password: m.o.Password,
	}, nil
}

// GetToken returns a token for one service.
func (p *passwordSignIn) GetToken(ctx context.Context, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	form := url.Values{"client_id": {p.clientID}, "scope": {strings.Join(want.Scopes, " ") + " offline_access openid profile"}}
	if p.refresh.IsZero() {
		if err := p.checkLogin(ctx); err != nil {
			return azcore.AccessToken{}, err
		}
		form.Set("grant_type", "password")
		form.Set("username", p.login)
		form.Set("password", p.password.Reveal())
	} else {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", p.refresh.Reveal())
	}
	return p.redeem(ctx, form)
}

// redeem sends the form once. It is never repeated: a password that isn't right would count towards a lock.
func (p *passwordSignIn) redeem(ctx context.Context, form url.Values) (azcore.AccessToken, error) {
	address := p.hosts.Login + "/" + url.PathEscape(p.tenant) + "/oauth2/v2.0/token"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return azcore.AccessToken{}, fmt.Errorf("build sign-in: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	began := time.Now()
	answer, err := p.discovery.Do(request)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return azcore.AccessToken{}, p.explain(readRefusal(answer))
	}
	return p.granted(answer.Body, began)
}

// granted reads a good answer. With a refresh token in hand, the password isn't needed any more.
func (p *passwordSignIn) granted(body io.Reader, began time.Time) (azcore.AccessToken, error) {
	var got struct {
		Token   string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Seconds int64  `json:"expires_in"`
	}
	if err := json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&got); err != nil || got.Token == "" {
		return azcore.AccessToken{}, unreadable("sign-in of "+p.login, "the answer holds no token")
	}
	if got.Refresh != "" {
		p.refresh, p.password = secret.New(got.Refresh), secret.Value{}
	}
	return azcore.AccessToken{Token: got.Token, ExpiresOn: began.Add(time.Duration(got.Seconds) * time.Second).UTC()}, nil
}

// explain adds to a refusal of the login what only this tenant knows: how the login would have to be written.
func (p *passwordSignIn) explain(r *Refusal) error {
	known, ok := personRule(r, problem.ByPassword)
	if !ok {
		return r
	}
	if typed := p.atInitialDomain(); typed != "" && known.code == "user.unknown" {
		known.fix = "try " + typed + "; " + known.fix
	}
	return known.problem(r, p.subject())
}

func (p *passwordSignIn) subject() string { return "sign-in of " + p.login + " to tenant " + p.tenant }
