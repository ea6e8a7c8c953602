package graph

import (
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// pause gives the lock up for the time that a write takes.
func (s *Service) pause() {
	wait := s.w.Between(15*time.Millisecond, 40*time.Millisecond)
	s.w.Unlock()
	defer s.w.Lock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	<-timer.C
}

// readBody decodes a JSON object.
func (c *call) readBody() (map[string]any, *reply) {
	if len(c.body) == 0 {
		r := failure(http.StatusBadRequest, "BadRequest", "Empty Payload. JSON content expected.")
		return nil, &r
	}
	var fields map[string]any
	kind, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil || kind != "application/json" || json.Unmarshal(c.body, &fields) != nil || fields == nil {
		r := unreadable()
		return nil, &r
	}
	dropTypes(fields)
	return fields, nil
}

// dropTypes leaves out the types that Graph's own SDKs write beside the properties, at every depth.
func dropTypes(value any) {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "@odata.type")
		for _, inner := range v {
			dropTypes(inner)
		}
	case []any:
		for _, inner := range v {
			dropTypes(inner)
		}
	}
}

// patch changes ordinary properties and keyCredentials; passwords change only through their actions.
func (c *call) patch(o *object) reply {
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	if !c.mayWrite(o) {
		return denied()
	}
	if same, _ := fields["id"].(string); strings.EqualFold(same, o.id()) {
		delete(fields, "id") // clients that send the whole object back
	}
	if r := c.checkFields(o.kind, fields); r != nil {
		return *r
	}
	return c.exclusively(o, func() reply {
		if r := c.setFields(o, fields); r != nil {
			return *r
		}
		return noContent()
	})
}

// checkFields refuses properties that do not exist, cannot be written, or are credentials.
func (c *call) checkFields(k kind, fields map[string]any) *reply {
	known := c.sample(k)
	for name, value := range fields {
		if _, exists := known[name]; !exists {
			r := malformed("Invalid property '%s'.", name)
			return &r
		}
		switch name {
		case "passwordCredentials":
			if list, isList := value.([]any); isList && c.method == http.MethodPost && (k == applicationKind || len(list) == 0) {
				continue
			}
			r := malformed("New password credentials must be generated with service actions.")
			return &r
		case "id", "appId", "createdDateTime", "deletedDateTime", "publisherDomain", "servicePrincipalType":
			if c.method == http.MethodPost && name == "appId" {
				continue
			}
			r := malformed("Property '%s' is read-only and cannot be set.", name)
			return &r
		}
	}
	return nil
}

// setFields writes checked properties.
func (c *call) setFields(o *object, fields map[string]any) *reply {
	var keys []*directory.Certificate
	written, replaces := fields["keyCredentials"]
	if replaces {
		var r *reply
		if keys, r = c.readKeys(o, written); r != nil {
			return r
		}
	}
	o.change(c.s.d, func() {
		for name, value := range fields {
			switch name {
			case "keyCredentials", "passwordCredentials", "appId":
			default:
				setField(o, name, value)
			}
		}
		if replaces {
			c.s.d.ReplaceKeys(o.credentials(), keys)
		}
	})
	return nil
}

// setField writes one property to its place in the directory, or among the further properties.
func setField(o *object, name string, value any) {
	text, _ := value.(string)
	switch {
	case name == "displayName" && o.app != nil:
		o.app.DisplayName = text
		if o.app.ServicePrincipal != nil {
			o.app.ServicePrincipal.DisplayName = text
		}
	case name == "displayName":
		o.sp.DisplayName = text
	case name == "signInAudience" && o.app != nil:
		if text != "" {
			o.app.Audience = text
		}
	case name == "accountEnabled" && o.sp != nil:
		o.sp.Disabled = value == false
	default:
		o.extra()[name] = value
	}
}

// readKeys reads a written keyCredentials collection; it replaces the whole one.
func (c *call) readKeys(o *object, written any) ([]*directory.Certificate, *reply) {
	list, isList := written.([]any)
	if !isList {
		r := malformed("Invalid value specified for property 'keyCredentials' of resource '%s'.", o.label)
		return nil, &r
	}
	var specs []directory.KeySpec
	for _, item := range list {
		spec, valid := readKey(item)
		if !valid {
			r := malformed("Invalid value specified for property 'keyCredentials' of resource '%s'.", o.label)
			return nil, &r
		}
		specs = append(specs, spec)
	}
	keys, err := c.s.d.NewKeys(o.credentials().Certificates, specs)
	if err != nil {
		r := malformed("Key credential is invalid. Update to existing credential with KeyId is not allowed, and new ones need a valid key.")
		return nil, &r
	}
	return keys, c.refusesKeys(o, keys)
}

// refusesKeys answers the rule that the new symmetric keys in a written collection would break, nil when there is none.
func (c *call) refusesKeys(o *object, keys []*directory.Certificate) *reply {
	policy, created := c.policyFor(o)
	for _, key := range keys {
		if key.Type != directory.KeySymmetric || slices.Contains(o.credentials().Certificates, key) {
			continue
		}
		restriction, broken := policy.RefusesKey(created, key.Start, key.End)
		switch {
		case broken && restriction.Kind == "symmetricKeyAddition":
			r := failure(http.StatusBadRequest, "CredentialTypeNotAllowedAsPerAppPolicy", "Credential type not allowed as per assigned policy '%s'.", policy.ID)
			return &r
		case broken:
			r := failure(http.StatusBadRequest, "CredentialInvalidLifetimeAsPerAppPolicy", "Credential lifetime exceeds the max value allowed as per assigned policy '%s'.", policy.ID)
			return &r
		case o.sp != nil && locked(o.sp):
			r := failure(http.StatusBadRequest, "CannotUpdateLockedServicePrincipalProperty", "Property keyCredentials is locked on the service principal.")
			return &r
		}
	}
	return nil
}

func readKey(item any) (spec directory.KeySpec, valid bool) {
	m, isMap := item.(map[string]any)
	if !isMap {
		return spec, false
	}
	text := func(name string) string { s, _ := m[name].(string); return s }
	spec = directory.KeySpec{KeyID: text("keyId"), DisplayName: text("displayName"), Type: text("type"), Usage: text("usage")}
	var err error
	if spec.Start, err = readTime(m["startDateTime"]); err != nil {
		return spec, false
	}
	if spec.End, err = readTime(m["endDateTime"]); err != nil {
		return spec, false
	}
	if key := text("key"); key != "" {
		if spec.Key, err = base64.StdEncoding.DecodeString(key); err != nil {
			return spec, false
		}
	}
	return spec, spec.Type == "AsymmetricX509Cert" || spec.Type == "Symmetric" || spec.KeyID != ""
}

// readTime reads an instant; null and nothing are the zero time.
func readTime(value any) (time.Time, error) {
	text, isText := value.(string)
	if !isText || text == "" {
		if value == nil {
			return time.Time{}, nil
		}
		return time.Time{}, errNotTime
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err
}
