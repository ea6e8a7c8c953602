package azure

import (
	"net/http"
	"time"

	"keyturn/simulator/vault"
)

// vaultSecretBody is a secret as the control plane shows it: never its value.
func vaultSecretBody(v *vault.Vault, s *vault.Secret) map[string]any {
	latest := s.Latest()
	attributes := map[string]any{"enabled": latest.Enabled, "created": latest.Created.Unix(), "updated": latest.Updated.Unix()}
	if at := unix(latest.Expires); at != nil {
		attributes["exp"] = at
	}
	if at := unix(latest.NotBefore); at != nil {
		attributes["nbf"] = at
	}
	properties := map[string]any{"attributes": attributes, "secretUri": v.URI() + "secrets/" + s.Name, "secretUriWithVersion": v.URI() + "secrets/" + s.Name + "/" + latest.ID}
	if latest.ContentType != "" {
		properties["contentType"] = latest.ContentType
	}
	body := map[string]any{"id": v.ResourceID + "/secrets/" + s.Name, "name": s.Name, "type": vaultType + "/secrets", "location": v.Location, "properties": properties}
	if latest.Tags != nil {
		body["tags"] = latest.Tags
	}
	return body
}

func (c *call) listVaultSecrets() answer {
	v := c.vault()
	if v == nil {
		return c.vaultNotFound()
	}
	seen := []any{}
	for _, s := range v.Secrets() {
		seen = append(seen, vaultSecretBody(v, s))
	}
	return c.page(seen)
}

func (c *call) getVaultSecret() answer {
	v := c.vault()
	if v == nil {
		return c.vaultNotFound()
	}
	s := v.Secret(c.at.name())
	if s == nil {
		return notFound(c)
	}
	return ok(vaultSecretBody(v, s))
}

// vaultSecretWrite is the body of PUT, as a template deploys a secret.
type vaultSecretWrite struct {
	Tags       map[string]string `json:"tags"`
	Properties *struct {
		Value       *string `json:"value"`
		ContentType string  `json:"contentType"`
		Attributes  struct {
			Enabled *bool `json:"enabled"`
			Expires int64 `json:"exp"`
			From    int64 `json:"nbf"`
		} `json:"attributes"`
	} `json:"properties"`
}

// putVaultSecret adds a version through the control plane, past the vault's access policies, as a redeployed template does.
func (c *call) putVaultSecret() answer {
	var in vaultSecretWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	v := c.vault()
	if v == nil {
		return c.vaultNotFound()
	}
	if in.Properties == nil || in.Properties.Value == nil {
		return fail(http.StatusBadRequest, "BadRequest", "The parameter properties.value is not specified.")
	}
	isNew := v.Secret(c.at.name()) == nil
	spec := vault.SecretSpec{ContentType: in.Properties.ContentType, Tags: in.Tags, Expires: instant(in.Properties.Attributes.Expires), NotBefore: instant(in.Properties.Attributes.From)}
	spec.Disabled = in.Properties.Attributes.Enabled != nil && !*in.Properties.Attributes.Enabled
	c.s.v.SetSecret(v.Name, c.at.name(), *in.Properties.Value, spec)
	body := vaultSecretBody(v, v.Secret(c.at.name()))
	if isNew {
		return created(body)
	}
	return ok(body)
}

func instant(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

func unix(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}
