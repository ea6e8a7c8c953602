package vault

import (
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"keyturn/secret"
)

// Version is one version of a secret as the vault tells it. Value is zero in listings.
type Version struct {
	ID          string // 32 hexadecimal digits
	Value       secret.Value
	Enabled     bool
	ContentType string
	Tags        map[string]string
	Created     time.Time // UTC, whole seconds
	Expires     time.Time // zero = never set
	Managed     bool      // it is the private half of a certificate that the vault keeps
}

// Draft is a version to be written. It is enabled from the start.
type Draft struct {
	Value       secret.Value
	ContentType string
	Tags        map[string]string
	Expires     time.Time // zero = none
}

func fromSecret(s azsecrets.Secret) Version {
	return Version{
		ID: version(s.ID), Value: secret.New(text(s.Value)), ContentType: text(s.ContentType), Tags: texts(s.Tags),
		Managed: s.Managed != nil && *s.Managed,
	}.with(s.Attributes)
}

func fromProperties(p *azsecrets.SecretProperties) Version {
	return Version{
		ID: version(p.ID), ContentType: text(p.ContentType), Tags: texts(p.Tags), Managed: p.Managed != nil && *p.Managed,
	}.with(p.Attributes)
}

func (v Version) with(a *azsecrets.SecretAttributes) Version {
	v.Enabled = true
	if a == nil {
		return v
	}
	v.Enabled = a.Enabled == nil || *a.Enabled
	if a.Created != nil {
		v.Created = a.Created.UTC()
	}
	if a.Expires != nil {
		v.Expires = a.Expires.UTC()
	}
	return v
}

func (d Draft) parameters() azsecrets.SetSecretParameters {
	value, enabled := d.Value.Reveal(), true
	p := azsecrets.SetSecretParameters{
		Value: &value, SecretAttributes: &azsecrets.SecretAttributes{Enabled: &enabled}, Tags: map[string]*string{},
	}
	if d.ContentType != "" {
		p.ContentType = &d.ContentType
	}
	if !d.Expires.IsZero() {
		p.SecretAttributes.Expires = &d.Expires
	}
	for name, value := range d.Tags {
		p.Tags[name] = &value
	}
	return p
}

func version(id *azsecrets.ID) string {
	if id == nil {
		return ""
	}
	return id.Version()
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func texts(tags map[string]*string) map[string]string {
	plain := make(map[string]string, len(tags))
	for name, value := range tags {
		plain[name] = text(value)
	}
	return plain
}
