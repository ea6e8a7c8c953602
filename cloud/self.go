package cloud

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Identity is who Keyturn acts as, as its own token for Microsoft Graph says.
type Identity struct {
	TenantID string
	ClientID string // of the app that the token was issued to
	ObjectID string // of the service principal, or of the user
	Name     string
	Roles    []string // application permissions of Microsoft Graph; for a user, the delegated ones
	User     bool     // a person, not a service principal or managed identity
	MFA      bool     // the person signed in with more than one factor

	Directory []string // templates of the person's directory roles, as far as the token names them
}

// claims are those of a token that say who it was issued to. Both versions of tokens are read.
// Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference (read 2026-11-22).
type claims struct {
	TenantID  string   `json:"tid"`
	AppID     string   `json:"appid"`
	Azp       string   `json:"azp"`
	ObjectID  string   `json:"oid"`
	AppName   string   `json:"app_displayname"`
	Name      string   `json:"name"`
	UPN       string   `json:"upn"`
	Preferred string   `json:"preferred_username"`
	Type      string   `json:"idtyp"`
	Roles     []string `json:"roles"`
	Scopes    string   `json:"scp"`
	Methods   []string `json:"amr"`
	Directory []string `json:"wids"`
}

// Self signs in, if that hasn't happened yet, and says who Keyturn is.
func (s *Session) Self(ctx context.Context) (Identity, error) {
	token, err := s.tokens.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{s.hosts.GraphScope()}})
	if err != nil {
		return Identity{}, err
	}
	return identityOf(token.Token)
}

// Warm signs in for Graph, Azure and Key Vault side by side, so that no request waits for its sign-in later on. What
// fails is told by the request that needs it. A person who signs in is asked by the first request alone.
func (s *Session) Warm(ctx context.Context) {
	if s.tokens.choice.onlyOne() {
		return
	}
	var all sync.WaitGroup
	for _, scope := range []string{s.hosts.GraphScope(), s.hosts.ARMScope(), s.hosts.VaultScope()} {
		all.Go(func() { _, _ = s.tokens.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}}) })
	}
	all.Wait()
}

func identityOf(token string) (Identity, error) {
	const subject = "sign-in of Keyturn"
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Identity{}, unreadable(subject, "the token isn't a signed one")
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Identity{}, unreadable(subject, "the token can't be read")
	}
	var c claims
	if err := json.Unmarshal(text, &c); err != nil {
		return Identity{}, unreadable(subject, "the token can't be read")
	}
	return c.identity(), nil
}

func (c claims) identity() Identity {
	return Identity{
		TenantID: c.TenantID,
		ClientID: first(c.AppID, c.Azp),
		ObjectID: c.ObjectID,
		Name:     first(c.UPN, c.Preferred, c.Name, c.AppName, c.AppID, c.Azp),
		Roles:    append(c.Roles, strings.Fields(c.Scopes)...),
		User:     c.Type == "user" || c.Scopes != "",
		MFA:      slices.Contains(c.Methods, "mfa"),

		Directory: c.Directory,
	}
}

// first returns the first text that isn't empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
