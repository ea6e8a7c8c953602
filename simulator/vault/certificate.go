package vault

import (
	"crypto/sha1" // Key Vault's thumbprint (x5t) is SHA-1 by its definition
	"maps"
	"slices"
	"strings"
	"time"
)

// Certificate is a Key Vault certificate, oldest version first. Its private half is the secret of the same name.
type Certificate struct {
	Name     string
	Versions []*CertificateVersion
	// AutoRenewDays is how long before its end the vault renews it by itself; 0: it does not.
	AutoRenewDays int
	ValidMonths   int
	Subject       string
}

// CertificateVersion is one version of a certificate; the secret's version has the same id.
type CertificateVersion struct {
	ID         string
	DER        []byte
	Start, End time.Time
	Created    time.Time
}

// Thumbprint is the SHA-1 of the certificate.
func (c *CertificateVersion) Thumbprint() []byte {
	sum := sha1.Sum(c.DER)
	return sum[:]
}

// Latest is the newest version.
func (c *Certificate) Latest() *CertificateVersion { return c.Versions[len(c.Versions)-1] }

// CertificateSpec says what certificate to add, or which version to add to one.
type CertificateSpec struct {
	DER        []byte // the public certificate
	PFX        string // base64 of the PKCS#12 file without a password: the secret's value
	Start, End time.Time
	Subject    string
	// AutoRenewDays is how long before its end the vault renews the certificate by itself; 0: it does not.
	AutoRenewDays int
	// Created defaults to now.
	Created time.Time
}

// SetCertificate adds a version to a certificate and to the secret of the same name, making both when they are new. No permission is asked.
// nil when there is no such vault.
func (s *Service) SetCertificate(vault, name string, spec CertificateSpec) *CertificateVersion {
	v := s.Vault(vault)
	if v == nil {
		return nil
	}
	half := s.SetSecret(vault, name, spec.PFX, SecretSpec{
		ContentType: "application/x-pkcs12", NotBefore: spec.Start, Expires: spec.End, Created: spec.Created, Managed: true,
	})
	c := v.certificates[strings.ToLower(name)]
	if c == nil {
		c = &Certificate{Name: name}
		v.certificates[strings.ToLower(name)] = c
	}
	c.AutoRenewDays, c.Subject, c.ValidMonths = spec.AutoRenewDays, spec.Subject, 12
	added := &CertificateVersion{ID: half.ID, DER: spec.DER, Start: spec.Start, End: spec.End, Created: half.Created}
	c.Versions = append(c.Versions, added)
	return added
}

// Certificate finds a certificate by name, letter case aside; nil when there is none.
func (v *Vault) Certificate(name string) *Certificate { return v.certificates[strings.ToLower(name)] }

// Certificates lists the vault's certificates in order of name.
func (v *Vault) Certificates() []*Certificate {
	all := make([]*Certificate, 0, len(v.certificates))
	for _, name := range slices.Sorted(maps.Keys(v.certificates)) {
		all = append(all, v.certificates[name])
	}
	return all
}
