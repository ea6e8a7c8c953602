package consumer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // the x5t header is SHA-1 by its definition
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/pfx"
)

// assertionLife is how long an assertion is used. It is longer than a real runtime's: signing anew for each call would be
// most of what moving the clock costs, and every call is judged all the same.
const assertionLife = 24 * time.Hour

// signedAssertion is an assertion made with the certificate that the vault had under value.
type signedAssertion struct {
	value, tenant, clientID string
	text                    string
	until                   time.Time
}

// signInByCertificate is an HTTP action's "Active Directory OAuth" with a PFX.
func (p *Park) signInByCertificate(now time.Time, tenant, clientID, resource, value string) *fault {
	users := p.certificateUsers()
	held, err := p.certificate(value)
	if err != nil {
		users.failure(now, err.Error())
		return &fault{code: "BadRequest", text: "the certificate could not be read: " + err.Error(), certificate: true}
	}
	signed, err := p.assertion(held, value, tenant, clientID, now)
	if err != nil {
		users.failure(now, err.Error())
		return &fault{code: "BadRequest", text: err.Error(), certificate: true}
	}
	p.thumbprint = held.Thumbprint()
	_, refused := p.signIn(now, users, directory.SignIn{Tenant: tenant, ClientID: clientID, Assertion: signed, Resource: resource})
	if refused != nil {
		text := fmt.Sprintf("HTTP request failed as there is an error getting AD OAuth token: '%s'.", refused.Error())
		return &fault{code: "Unauthorized", text: text, certificate: true}
	}
	return nil
}

// certificateUsers counts for all HTTP actions that sign in with a certificate.
func (p *Park) certificateUsers() *tally {
	if p.certificates == nil {
		p.certificates = &tally{
			name: "HTTP actions with the certificate", kind: KindCertificate, began: p.w.Now(), holds: func() string { return p.thumbprint },
		}
	}
	return p.certificates
}

// certificate reads a PFX, once for each value.
func (p *Park) certificate(value string) (pfx.Certificate, error) {
	if held, ok := p.pfxs[value]; ok {
		return held, nil
	}
	held, err := pfx.Decode(value)
	if err != nil {
		return held, err
	}
	p.pfxs[value] = held
	return held, nil
}

// assertion answers the assertion at hand, or signs a new one when the certificate changed or the old one ended.
func (p *Park) assertion(held pfx.Certificate, value, tenant, clientID string, now time.Time) (string, error) {
	have := p.signed
	if have.value == value && have.tenant == tenant && have.clientID == clientID && now.Before(have.until) {
		return have.text, nil
	}
	text, err := signAssertion(held, p.loginAddress()+tenant+"/oauth2/token", clientID, now)
	if err != nil {
		return "", err
	}
	p.signed = signedAssertion{value: value, tenant: tenant, clientID: clientID, text: text, until: now.Add(assertionLife)}
	return text, nil
}

// signAssertion signs a client assertion. Source: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
// (read 2026-11-22).
func signAssertion(held pfx.Certificate, audience, clientID string, now time.Time) (string, error) {
	thumbprint := sha1.Sum(held.DER)
	header := map[string]string{"alg": "RS256", "typ": "JWT", "x5t": base64.RawURLEncoding.EncodeToString(thumbprint[:])}
	claims := map[string]any{
		"aud": audience, "iss": clientID, "sub": clientID,
		"jti": fmt.Sprintf("%x", now.UnixNano()), "nbf": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	}
	text, err := jwtText(header, claims)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, held.Key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign assertion: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func jwtText(parts ...any) (string, error) {
	text := ""
	for i, part := range parts {
		raw, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("encode assertion: %w", err)
		}
		if i > 0 {
			text += "."
		}
		text += base64.RawURLEncoding.EncodeToString(raw)
	}
	return text, nil
}
