package directory

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// What Verify refuses a token for.
var (
	ErrTokenMalformed = errors.New("token is malformed")
	ErrTokenSignature = errors.New("token has a bad signature")
	ErrTokenExpired   = errors.New("token has expired")
	ErrTokenAudience  = errors.New("token is for another audience")
)

// claims are what a token says. Names and presence follow real tokens of version 1.0 (Graph, ARM, Key Vault) and 2.0.
type claims struct {
	Audience    string   `json:"aud"`
	Issuer      string   `json:"iss"`
	IssuedAt    int64    `json:"iat"`
	NotBefore   int64    `json:"nbf"`
	Expires     int64    `json:"exp"`
	ACR         string   `json:"acr,omitempty"`
	AIO         string   `json:"aio"`
	AMR         []string `json:"amr,omitempty"`
	DisplayName string   `json:"app_displayname,omitempty"`
	AppID       string   `json:"appid,omitempty"`
	AppIDACR    string   `json:"appidacr,omitempty"`
	AZP         string   `json:"azp,omitempty"`
	AZPACR      string   `json:"azpacr,omitempty"`
	Email       string   `json:"email,omitempty"`
	FamilyName  string   `json:"family_name,omitempty"`
	GivenName   string   `json:"given_name,omitempty"`
	IDP         string   `json:"idp,omitempty"`
	IDType      string   `json:"idtyp,omitempty"`
	Address     string   `json:"ipaddr,omitempty"`
	Name        string   `json:"name,omitempty"`
	ObjectID    string   `json:"oid"`
	PUID        string   `json:"puid,omitempty"`
	RH          string   `json:"rh"`
	Roles       []string `json:"roles,omitempty"`
	Scope       string   `json:"scp,omitempty"`
	Subject     string   `json:"sub"`
	Region      string   `json:"tenant_region_scope,omitempty"`
	Tenant      string   `json:"tid"`
	UniqueName  string   `json:"unique_name,omitempty"`
	UPN         string   `json:"upn,omitempty"`
	UTI         string   `json:"uti"`
	Version     string   `json:"ver"`
	WIDs        []string `json:"wids,omitempty"`
	Ftd         string   `json:"xms_ftd,omitempty"`
	IDRel       string   `json:"xms_idrel,omitempty"`
	TCDT        int64    `json:"xms_tcdt,omitempty"`
}

// Mint answers a signed token for the identity. Needs no lock; signing takes most of a millisecond.
func (d *Directory) Mint(id Identity) string {
	d.signer.ready()
	header := `{"typ":"JWT","nonce":"` + opaque(32) + `","alg":"RS256","x5t":"` + d.signer.kid + `","kid":"` + d.signer.kid + `"}`
	if id.version2 {
		header = `{"typ":"JWT","alg":"RS256","kid":"` + d.signer.kid + `"}`
	}
	return d.seal(header, d.claimsOf(id))
}

// ByCertificate reports whether an app signed in with a certificate.
func (id Identity) ByCertificate() bool { return id.method == "2" }

// MintBare answers a signed token with just these claims, as ACS makes them. Needs no lock.
func (d *Directory) MintBare(claims map[string]any) string {
	d.signer.ready()
	return d.seal(`{"typ":"JWT","alg":"RS256","x5t":"`+d.signer.kid+`","kid":"`+d.signer.kid+`"}`, claims)
}

// VerifyBare reads the claims of a token that [Directory.MintBare] made; ok is false when the signature is not ours. The
// caller judges its life. Needs no lock.
func (d *Directory) VerifyBare(token string) (claims map[string]any, ok bool) {
	text, signature, _ := cutLast(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !d.signer.verifies([]byte(text), raw) {
		return nil, false
	}
	_, payload, _ := strings.Cut(text, ".")
	body, err := base64.RawURLEncoding.DecodeString(payload)
	return claims, err == nil && json.Unmarshal(body, &claims) == nil
}

// seal signs a header and a body.
func (d *Directory) seal(header string, claims any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic("directory: marshal claims: " + err.Error())
	}
	text := base64.RawURLEncoding.AppendEncode(nil, []byte(header))
	text = append(text, '.')
	text = base64.RawURLEncoding.AppendEncode(text, body)
	return string(text) + "." + d.signer.sign(text)
}

func (d *Directory) claimsOf(id Identity) claims {
	c := claims{
		Audience: id.Audience, IssuedAt: id.Issued.Add(-5 * time.Minute).Unix(), Expires: id.Expires.Unix(),
		AIO: opaque(27), ObjectID: id.ObjectID, RH: "1." + opaque(33) + ".", Subject: id.ObjectID,
		Tenant: id.Tenant, UTI: opaque(16), Ftd: opaque(36),
	}
	c.NotBefore = c.IssuedAt
	if id.version2 {
		c.Issuer, c.Version, c.Roles = d.w.Cloud().Login()+"/"+id.Tenant+"/v2.0", "2.0", id.Roles
		c.AZP, c.AZPACR = id.AppID, id.method
		return c
	}
	c.Issuer, c.Version = d.w.Cloud().Issuer(id.Tenant), "1.0"
	c.AppID, c.AppIDACR, c.Region = id.AppID, id.method, "EU"
	if id.User {
		return userClaims(c, id)
	}
	c.DisplayName, c.IDP, c.IDType, c.Roles = id.DisplayName, c.Issuer, "app", id.Roles
	c.IDRel, c.TCDT = "7 2", 1650000000
	if d.apiOf(id.Audience) == GraphAppID {
		c.WIDs = []string{"0997a1d0-0d1d-4acb-b408-d5ca73121e90"}
	}
	return c
}

// userClaims makes the claims of a delegated token.
func userClaims(c claims, id Identity) claims {
	c.ACR, c.AMR, c.IDType, c.IDRel = "1", []string{"pwd"}, "user", "1 2"
	if id.MFA {
		c.AMR = append(c.AMR, "mfa")
	}
	c.Name, c.UPN, c.UniqueName = id.DisplayName, id.UserName, id.UserName
	c.GivenName, c.FamilyName, _ = strings.Cut(id.DisplayName, " ")
	c.Address, c.PUID = "203.0.113.10", "1003"+strings.ToUpper(strings.ReplaceAll(id.ObjectID, "-", ""))[:12]
	if id.Guest {
		c.UPN, c.Email, c.IDP = "", id.UserName, "mail"
	}
	c.Scope = strings.Join(id.Roles, " ")
	for _, role := range id.DirectoryRoles {
		if template, ok := roleTemplates()[role]; ok {
			c.WIDs = append(c.WIDs, template)
		}
	}
	c.WIDs = append(c.WIDs, "b79fbf4d-3ef9-4689-8143-76b194e85509")
	return c
}

// roleTemplates are the template ids of directory roles. Source:
// https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference, read 2026-11-22.
func roleTemplates() map[string]string {
	return map[string]string{
		"Global Administrator":             "62e90394-69f5-4237-9190-012177145e10",
		"Application Administrator":        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
		"Cloud Application Administrator":  "158c047a-c907-4556-b7ef-446551a6b5f7",
		"Conditional Access Administrator": "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
		"Global Reader":                    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
		"Privileged Role Administrator":    "e8611ab8-c189-46e8-94e1-60213ab1f814",
		"Reports Reader":                   "4a5d8f65-41da-4de4-8968-e035b65339cf",
		"Security Reader":                  "5d6b6bb7-de71-4623-b4af-96380a352509",
	}
}

// RolesOf are the names of the directory roles that a user has now, activated ones included.
func (d *Directory) RolesOf(u *User) []string {
	roles := slices.Clone(u.Roles)
	if d.w.Switch(SwitchRoleActive) != "" {
		roles = append(roles, u.Eligible...)
	}
	return roles
}

// RoleTemplates are the names of the directory roles that the simulator knows, in order.
func RoleTemplates() []string { return slices.Sorted(maps.Keys(roleTemplates())) }

// RoleTemplate is the template id of a directory role, "" for one that the simulator does not know.
func RoleTemplate(name string) string { return roleTemplates()[name] }

// opaque answers n random bytes in base64url.
func opaque(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails, by its documentation
	return base64.RawURLEncoding.EncodeToString(b)
}

// Verify reads a bearer token (without the word Bearer) and checks its signature, its life and that it is for one of
// the audiences; addresses and app ids of the same Microsoft API count as one. It returns [ErrTokenMalformed],
// [ErrTokenSignature], [ErrTokenExpired] or [ErrTokenAudience]. Needs no lock.
func (d *Directory) Verify(bearer string, audiences ...string) (Identity, error) {
	c, err := d.genuine(bearer)
	if err != nil {
		return Identity{}, err
	}
	id := identityOf(c)
	if !d.w.Now().Before(id.Expires) {
		return id, ErrTokenExpired
	}
	for _, a := range audiences {
		if d.sameAudience(a, c.Audience) {
			return id, nil
		}
	}
	return id, ErrTokenAudience
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func decodeClaims(text string) (c claims, err error) {
	_, payload, ok := strings.Cut(text, ".")
	if !ok {
		return c, ErrTokenMalformed
	}
	body, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || !bytes.HasPrefix(body, []byte("{")) || json.Unmarshal(body, &c) != nil {
		return c, ErrTokenMalformed
	}
	return c, nil
}

func identityOf(c claims) Identity {
	id := Identity{
		Tenant: c.Tenant, AppID: c.AppID, ObjectID: c.ObjectID, DisplayName: c.DisplayName, Roles: c.Roles,
		Audience: c.Audience, Issued: time.Unix(c.IssuedAt, 0).Add(5 * time.Minute).UTC(), Expires: time.Unix(c.Expires, 0).UTC(),
		method: c.AppIDACR, version2: c.Version == "2.0",
	}
	if id.version2 {
		id.AppID, id.method = c.AZP, c.AZPACR
	}
	if c.IDType != "user" {
		return id
	}
	id.User, id.UserName, id.DisplayName, id.Roles = true, c.UniqueName, c.Name, strings.Fields(c.Scope)
	id.Guest = c.UPN == ""
	for _, method := range c.AMR {
		id.MFA = id.MFA || method == "mfa"
	}
	for role, template := range roleTemplates() {
		for _, w := range c.WIDs {
			if w == template {
				id.DirectoryRoles = append(id.DirectoryRoles, role)
			}
		}
	}
	return id
}

func (d *Directory) sameAudience(a, b string) bool {
	if api := d.apiOf(a); api != "" && api == d.apiOf(b) {
		return true
	}
	return strings.EqualFold(strings.TrimRight(a, "/"), strings.TrimRight(b, "/"))
}
