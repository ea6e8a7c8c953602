package vault

import (
	"maps"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of one secret. Source: learn.microsoft.com/azure/key-vault/secrets/about-secrets, read 2026-11-22.
const (
	maxValue       = 25 << 10
	maxTags        = 15
	maxTagText     = 512
	maxContentType = 255
)

// secretWrite is the body of set and update. Pointers tell what was left out.
type secretWrite struct {
	Value       *string            `json:"value"`
	ContentType *string            `json:"contentType"`
	Tags        *map[string]string `json:"tags"`
	Attributes  struct {
		Enabled   *bool  `json:"enabled"`
		NotBefore *int64 `json:"nbf"`
		Expires   *int64 `json:"exp"`
	} `json:"attributes"`
}

// check refuses what goes beyond the limits.
func (w secretWrite) check() *Failure {
	switch {
	case w.Value != nil && len(*w.Value) > maxValue:
		return bad("The secret value is too large: at most %d bytes are allowed.", maxValue)
	case w.ContentType != nil && utf8.RuneCountInString(*w.ContentType) > maxContentType:
		return bad("The property contentType is too long: at most %d characters are allowed.", maxContentType)
	case w.Attributes.NotBefore != nil && w.Attributes.Expires != nil && *w.Attributes.NotBefore > *w.Attributes.Expires:
		return bad("The attribute nbf must not be later than exp.")
	}
	if w.Tags != nil {
		return checkTags(*w.Tags)
	}
	return nil
}

func checkTags(tags map[string]string) *Failure {
	if len(tags) > maxTags {
		return bad("The property tags has too many entries: at most %d are allowed.", maxTags)
	}
	for name, value := range tags {
		if name == "" || utf8.RuneCountInString(name) > maxTagText || utf8.RuneCountInString(value) > maxTagText {
			return bad("A tag's name and value may have at most %d characters each, and a name at least one.", maxTagText)
		}
	}
	return nil
}

func instant(seconds *int64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return time.Unix(*seconds, 0).UTC()
}

// find is the secret in the path, or the refusal. One just recovered is not there yet.
func (c *call) find() (*Secret, *Failure) {
	s := c.v.Secret(c.name())
	if s == nil || c.s.w.Now().Before(s.settles) {
		return nil, secretNotFound(c.name())
	}
	return s, nil
}

// findVersion is the version in the path, the newest when the path names none.
func (c *call) findVersion() (*Secret, *Version, *Failure) {
	s, refused := c.find()
	if refused != nil {
		return nil, nil, refused
	}
	if len(c.segments) < 3 {
		return s, s.Latest(), nil
	}
	if one := s.Version(c.segments[2]); one != nil {
		return s, one, nil
	}
	return nil, nil, secretNotFound(c.name() + "/" + c.segments[2])
}

func (c *call) getSecret() (reply, *Failure) {
	s, one, refused := c.findVersion()
	if refused != nil {
		return reply{}, refused
	}
	if !one.Enabled {
		return reply{}, secretDisabled("get")
	}
	return reply{status: http.StatusOK, body: c.bundle(s, one)}, nil
}

// setSecret adds a version, making the secret when it is new: never safe to repeat.
func (c *call) setSecret() (reply, *Failure) {
	var in secretWrite
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	if in.Value == nil {
		return reply{}, bad("The property value is required.")
	}
	for _, check := range []func() *Failure{in.check, func() *Failure { return c.s.policyDenies(in) }, c.free} {
		if refused := check(); refused != nil {
			return reply{}, refused
		}
	}
	spec := SecretSpec{NotBefore: instant(in.Attributes.NotBefore), Expires: instant(in.Attributes.Expires), Disabled: in.Attributes.Enabled != nil && !*in.Attributes.Enabled}
	if in.ContentType != nil {
		spec.ContentType = *in.ContentType
	}
	if in.Tags != nil {
		spec.Tags = *in.Tags
	}
	one := c.s.SetSecret(c.v.Name, c.name(), *in.Value, spec)
	return reply{status: http.StatusOK, body: c.bundle(c.v.Secret(c.name()), one)}, nil
}

// free refuses a name that lies in the bin or belongs to a certificate.
func (c *call) free() *Failure {
	if c.binned(c.name()) != nil {
		return conflict("ObjectIsDeletedButRecoverable",
			"Secret %s is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.", c.name())
	}
	if c.v.Certificate(c.name()) != nil {
		return conflict("", "Secret %s is managed by the certificate of the same name and cannot be set.", c.name())
	}
	return nil
}

// policyDenies refuses, when the switch says so, what Azure Policy would.
func (s *Service) policyDenies(in secretWrite) *Failure {
	switched := s.w.Switch(PolicySwitch)
	denied := strings.EqualFold(switched, "on") ||
		(strings.EqualFold(switched, "expiry") && in.Attributes.Expires == nil) ||
		(strings.EqualFold(switched, "content-type") && (in.ContentType == nil || *in.ContentType == ""))
	if !denied {
		return nil
	}
	return &Failure{Status: http.StatusForbidden, Code: "RequestDisallowedByPolicy", Message: "The operation 'set' on the secret was disallowed by Azure Policy: " + switched + "."}
}

// updateSecret changes what is said about a version, never its value.
func (c *call) updateSecret() (reply, *Failure) {
	var in secretWrite
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	s, one, refused := c.findVersion()
	if refused == nil {
		refused = in.check()
	}
	if refused != nil {
		return reply{}, refused
	}
	one.apply(in)
	one.Updated = c.s.w.Now()
	return reply{status: http.StatusOK, body: c.v.item(s, one, true)}, nil
}

func (one *Version) apply(in secretWrite) {
	if in.ContentType != nil {
		one.ContentType = *in.ContentType
	}
	if in.Tags != nil {
		one.Tags = maps.Clone(*in.Tags)
	}
	if in.Attributes.Enabled != nil {
		one.Enabled = *in.Attributes.Enabled
	}
	if in.Attributes.NotBefore != nil {
		one.NotBefore = instant(in.Attributes.NotBefore)
	}
	if in.Attributes.Expires != nil {
		one.Expires = instant(in.Attributes.Expires)
	}
}
