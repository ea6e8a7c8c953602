package directory

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/world"
)

// assertion is a signed client assertion, taken apart.
type assertion struct {
	header struct {
		Algorithm  string `json:"alg"`
		Thumb      string `json:"x5t"`
		Thumb256   string `json:"x5t#S256"`
		Identifier string `json:"kid"`
	}
	body struct {
		Audience  any     `json:"aud"`
		Issuer    string  `json:"iss"`
		Subject   string  `json:"sub"`
		NotBefore float64 `json:"nbf"`
		Expires   float64 `json:"exp"`
	}
	signed    string
	signature []byte
}

func parseAssertion(text string) (a assertion, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || !decodePart(parts[0], &a.header) || !decodePart(parts[1], &a.body) {
		return a, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	a.signed, a.signature = parts[0]+"."+parts[1], signature
	return a, err == nil
}

func decodePart(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	return err == nil && json.Unmarshal(raw, into) == nil
}

// judgeAssertion checks a client assertion: certificate, signature, issuer, audience and life. Source:
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials, read 2026-11-22.
func (d *Directory) judgeAssertion(at time.Time, sp *ServicePrincipal, s SignIn) (credential, *Failure) {
	a, ok := parseAssertion(s.Assertion)
	if !ok {
		return credential{}, badRequest("invalid_request", 50027, "JWT token is invalid or malformed.")
	}
	thumbprint, cert := sp.certificateFor(a)
	if cert == nil {
		return credential{}, certificateUnknown(sp.AppID, thumbprint, "The key was not found.")
	}
	cred := credential{keyID: cert.KeyID, thumbprint: cert.Thumbprint, certificate: true, end: cert.End}
	switch {
	case at.Before(cert.usableFrom[s.Region]):
		return credential{}, certificateUnknown(sp.AppID, thumbprint, "The key was not found.")
	case !at.Before(cert.End) || at.Before(cert.Start):
		return cred, certificateUnknown(sp.AppID, thumbprint, "The key used is expired.")
	case !a.signedBy(cert):
		return cred, certificateUnknown(sp.AppID, thumbprint, "The key was found, but use of the key to verify the signature failed.")
	case !strings.EqualFold(a.body.Issuer, sp.AppID) || !strings.EqualFold(a.body.Subject, sp.AppID):
		return cred, invalidClient(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	case !a.addressedTo(d.w.Cloud(), sp.Tenant):
		return cred, invalidClient(700023, "Client assertion audience claim does not match Realm issuer.")
	case !a.validAt(at) && !a.validAt(time.Now()):
		return cred, invalidClient(700024, "Client assertion is not within its valid time range. Current time: %s, assertion valid "+
			"from %s, expiry time of assertion %s.", at.Format(time.RFC3339), unix(a.body.NotBefore), unix(a.body.Expires))
	}
	return cred, nil
}

func unix(seconds float64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

// validAt allows the five minutes of skew that Microsoft allows.
func (a assertion) validAt(t time.Time) bool {
	const skew = 300
	now := float64(t.Unix())
	return now >= a.body.NotBefore-skew && now <= a.body.Expires+skew
}

// addressedTo reports whether an audience names the login service and this tenant.
func (a assertion) addressedTo(c world.Cloud, t *Tenant) bool {
	var list []any
	switch aud := a.body.Audience.(type) {
	case string:
		list = []any{aud}
	case []any:
		list = aud
	}
	for _, item := range list {
		if text, ok := item.(string); ok && loginAudience(text, c, t) {
			return true
		}
	}
	return false
}

// loginAudience accepts the token endpoints of both versions and the issuers, for the tenant's id or domain.
func loginAudience(aud string, c world.Cloud, t *Tenant) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(aud), "https://")
	if !ok {
		return false
	}
	host, path, _ := strings.Cut(rest, "/")
	tenant, kind, _ := strings.Cut(strings.Trim(path, "/"), "/")
	if !c.IsLogin(host) {
		return false
	}
	if tenant != t.ID && tenant != strings.ToLower(t.Domain) {
		return false
	}
	return kind == "" || kind == "v2.0" || kind == "oauth2/token" || kind == "oauth2/v2.0/token"
}

// certificateFor finds the certificate that an assertion names by SHA-1, by SHA-256 or by a hex kid, and its thumbprint.
func (s *ServicePrincipal) certificateFor(a assertion) (thumbprint string, found *Certificate) {
	thumbprint = thumbHex(a.header.Thumb)
	if thumbprint == "" {
		thumbprint = thumbHex(a.header.Thumb256)
	}
	if thumbprint == "" {
		thumbprint = strings.ToUpper(a.header.Identifier)
	}
	for _, holder := range s.holders() {
		for _, c := range holder.Certificates {
			if thumbprint != "" && c.Type == "AsymmetricX509Cert" && (c.Thumbprint == thumbprint || c.Thumbprint256 == thumbprint) {
				return thumbprint, c
			}
		}
	}
	return thumbprint, nil
}

func thumbHex(b64 string) string {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(b64), "="))
	if err != nil {
		return ""
	}
	return strings.ToUpper(hex.EncodeToString(raw))
}

func (a assertion) signedBy(c *Certificate) bool {
	parsed, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return false
	}
	key, ok := parsed.PublicKey.(*rsa.PublicKey)
	if !ok {
		return false
	}
	sum := sha256.Sum256([]byte(a.signed))
	switch a.header.Algorithm {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.signature) == nil
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], a.signature, nil) == nil
	}
	return false
}

// proofAudience is whom a proof of possession is made for, and longestProof how long it may be good. Source:
// https://learn.microsoft.com/graph/application-rollkey-prooftoken, read 2026-11-25.
const (
	proofAudience = "00000002-0000-0000-c000-000000000000"
	longestProof  = 10 * 60
)

// Proves reports whether a text is a proof, signed with one of these certificates while it is valid, for the object of this id.
func (d *Directory) Proves(text string, c *Credentials, objectID string) bool {
	a, ok := parseAssertion(text)
	if !ok || a.body.Audience != proofAudience || !strings.EqualFold(a.body.Issuer, objectID) || a.body.Expires-a.body.NotBefore > longestProof {
		return false
	}
	at := d.w.Now()
	return (a.validAt(at) || a.validAt(time.Now())) && slices.ContainsFunc(c.Certificates, func(k *Certificate) bool {
		return k.Type == KeyAsymmetric && !at.Before(k.Start) && at.Before(k.End) && a.signedBy(k)
	})
}
