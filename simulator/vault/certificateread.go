package vault

import (
	"encoding/base64"
	"net/http"
	"strings"
)

func (c *call) certificate() (*Certificate, *Failure) {
	cert := c.v.Certificate(c.name())
	if cert == nil {
		return nil, certificateNotFound(c.name())
	}
	return cert, nil
}

// certificateItem is a version as a listing shows it.
func (c *call) certificateItem(cert *Certificate, one *CertificateVersion, versioned bool) map[string]any {
	id := c.v.URI() + "certificates/" + cert.Name
	if versioned {
		id += "/" + one.ID
	}
	half := &Version{Enabled: true, NotBefore: one.Start, Expires: one.End, Created: one.Created, Updated: one.Created}
	return map[string]any{
		"id": id, "x5t": base64.RawURLEncoding.EncodeToString(one.Thumbprint()), "attributes": c.v.attributesOf(half), "subject": cert.Subject, "tags": map[string]string{},
	}
}

func (c *call) getCertificate() (reply, *Failure) {
	cert, refused := c.certificate()
	if refused != nil {
		return reply{}, refused
	}
	one := cert.Latest()
	if len(c.segments) > 2 {
		if one = cert.version(c.segments[2]); one == nil {
			return reply{}, certificateNotFound(c.name() + "/" + c.segments[2])
		}
	}
	body := c.certificateItem(cert, one, true)
	delete(body, "subject")
	body["kid"], body["sid"] = c.v.URI()+"keys/"+cert.Name+"/"+one.ID, c.v.URI()+"secrets/"+cert.Name+"/"+one.ID
	body["cer"], body["policy"] = base64.StdEncoding.EncodeToString(one.DER), c.policyOf(cert)
	return reply{status: http.StatusOK, body: body}, nil
}

func (cert *Certificate) version(id string) *CertificateVersion {
	for _, one := range cert.Versions {
		if strings.EqualFold(one.ID, id) {
			return one
		}
	}
	return nil
}

func (c *call) policyOf(cert *Certificate) map[string]any {
	action := map[string]any{"trigger": map[string]any{"lifetime_percentage": 80}, "action": map[string]any{"action_type": "EmailContacts"}}
	if cert.AutoRenewDays > 0 {
		action = map[string]any{"trigger": map[string]any{"days_before_expiry": cert.AutoRenewDays}, "action": map[string]any{"action_type": "AutoRenew"}}
	}
	return map[string]any{
		"id":        c.v.URI() + "certificates/" + cert.Name + "/policy",
		"key_props": map[string]any{"exportable": true, "kty": "RSA", "key_size": 2048, "reuse_key": true}, "secret_props": map[string]any{"contentType": "application/x-pkcs12"},
		"x509_props": map[string]any{"subject": cert.Subject, "validity_months": cert.ValidMonths}, "lifetime_actions": []any{action}, "issuer": map[string]any{"name": "Self"},
		"attributes": map[string]any{"enabled": true, "created": unix(cert.Versions[0].Created), "updated": unix(cert.Versions[0].Created)},
	}
}

func (c *call) getCertificatePolicy() (reply, *Failure) {
	cert, refused := c.certificate()
	if refused != nil {
		return reply{}, refused
	}
	return reply{status: http.StatusOK, body: c.policyOf(cert)}, nil
}

func (c *call) listCertificates() (reply, *Failure) {
	items := []any{}
	for _, cert := range c.v.Certificates() {
		items = append(items, c.certificateItem(cert, cert.Latest(), false))
	}
	return c.page(items)
}

func (c *call) listCertificateVersions() (reply, *Failure) {
	cert, refused := c.certificate()
	if refused != nil {
		return reply{}, refused
	}
	items := []any{}
	for _, one := range cert.Versions {
		items = append(items, c.certificateItem(cert, one, true))
	}
	return c.page(items)
}
