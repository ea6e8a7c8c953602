package graph

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

var errNotTime = errors.New("not an instant")

// most is how many credentials fit into one object; the real limit is its size.
const most = 600

// addPassword makes a password and shows its value, this once. Source:
// https://learn.microsoft.com/graph/api/application-addpassword, read 2026-11-22.
func (c *call) addPassword(o *object) reply {
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	if !c.mayWrite(o) {
		return denied()
	}
	spec, refused := c.readPassword(fields)
	if refused != nil {
		return *refused
	}
	return c.exclusively(o, func() reply { return c.makePassword(o, spec) })
}

func (c *call) makePassword(o *object, spec directory.PasswordSpec) reply {
	if refused := c.refusesPassword(o, spec); refused != nil {
		return *refused
	}
	var p *directory.Password
	if o.app != nil {
		p = c.s.d.AddPassword(o.app, spec)
	} else {
		p = c.s.d.NewPassword(spec)
		c.s.d.AddPrincipalPassword(o.sp, p)
	}
	doc := passwordDocument(p)
	doc["secretText"] = p.Value
	doc["@odata.context"] = c.context("microsoft.graph.passwordCredential")
	return ok(doc)
}

// readPassword reads {"passwordCredential":{...}}; everything inside is optional.
func (c *call) readPassword(fields map[string]any) (spec directory.PasswordSpec, refused *reply) {
	for name := range fields {
		if name != "passwordCredential" {
			r := malformed("The parameter '%s' in the request payload is not a valid parameter for the operation 'addPassword'.", name)
			return spec, &r
		}
	}
	inner, _ := fields["passwordCredential"].(map[string]any)
	return c.readPasswordFields(inner)
}

func (c *call) readPasswordFields(inner map[string]any) (spec directory.PasswordSpec, refused *reply) {
	for name := range inner {
		switch name {
		case "displayName", "startDateTime", "endDateTime", "customKeyIdentifier", "hint", "keyId", "secretText", "@odata.type":
		default:
			r := failure(http.StatusBadRequest, "BadRequest", "The property '%s' does not exist on type 'microsoft.graph.passwordCredential'. "+
				"Make sure to only use property names that are defined by the type.", name)
			return spec, &r
		}
	}
	spec.DisplayName, _ = inner["displayName"].(string)
	var err1, err2 error
	spec.Start, err1 = readTime(inner["startDateTime"])
	spec.End, err2 = readTime(inner["endDateTime"])
	if errors.Join(err1, err2) != nil {
		r := failure(http.StatusBadRequest, "BadRequest", "Cannot convert the literal to the expected type 'Edm.DateTimeOffset'.")
		return spec, &r
	}
	if spec.Start.IsZero() {
		spec.Start = c.s.w.Now()
	}
	if spec.End.IsZero() {
		spec.End = spec.Start.AddDate(2, 0, 0)
	}
	if !spec.End.After(spec.Start) {
		r := malformed("The credential's end date must be later than its start date.")
		return spec, &r
	}
	return spec, nil
}

// bornPasswords takes the passwords out of the fields of a new app that are to be made with it. Source:
// https://learn.microsoft.com/graph/api/application-post-applications, example 2, read 2026-11-26.
func (c *call) bornPasswords(fields map[string]any) (specs []directory.PasswordSpec, refused *reply) {
	list, _ := fields["passwordCredentials"].([]any)
	delete(fields, "passwordCredentials")
	for _, item := range list {
		inner, _ := item.(map[string]any)
		spec, refused := c.readPasswordFields(inner)
		if refused != nil {
			return nil, refused
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

// addBorn gives a new app its passwords.
func (c *call) addBorn(o *object, specs []directory.PasswordSpec) *reply {
	for _, spec := range specs {
		if refused := c.refusesPassword(o, spec); refused != nil {
			return refused
		}
		c.s.d.AddPassword(o.app, spec)
	}
	return nil
}

// refusesPassword answers the rule that a new password would break, nil when there is none.
func (c *call) refusesPassword(o *object, spec directory.PasswordSpec) *reply {
	count := len(o.credentials().Passwords)
	var r reply
	policy, created := c.policyFor(o)
	restriction, broken := policy.Refuses(created, spec.Start, spec.End)
	switch {
	case broken && restriction.Kind == "passwordAddition":
		r = failure(http.StatusBadRequest, "CredentialTypeNotAllowedAsPerAppPolicy", "Credential type not allowed as per assigned policy '%s'.", policy.ID)
	case broken:
		r = failure(http.StatusBadRequest, "CredentialInvalidLifetimeAsPerAppPolicy", "Credential lifetime exceeds the max value allowed as per assigned policy '%s'.", policy.ID)
	case o.app != nil && strings.Contains(o.app.Audience, "PersonalMicrosoftAccount") && count >= 2:
		r = failure(http.StatusBadRequest, "TooManyAppPasswords", "Not allowed to add %d passwords. You can only add a maximum of 2 passwords.", count+1)
	case count >= most:
		r = failure(http.StatusBadRequest, "Directory_ResourceSizeExceeded", "The size of the object has exceeded its limit. Please reduce the number of values and retry your request.")
	case o.sp != nil && locked(o.sp):
		r = failure(http.StatusBadRequest, "CannotUpdateLockedServicePrincipalProperty", "Property passwordCredentials is locked on the service principal.")
	default:
		return nil
	}
	return &r
}

func (c *call) policyFor(o *object) (*directory.Policy, time.Time) {
	if o.app != nil {
		return c.tenant.Policy(o.app.PolicyID), o.app.Created
	}
	return c.tenant.Policy(o.sp.PolicyID), o.sp.Created
}

// locked reports whether the app forbids credentials on its service principals.
func locked(s *directory.ServicePrincipal) bool {
	if s.Application == nil {
		return false
	}
	lock, _ := s.Application.Extra["servicePrincipalLockConfiguration"].(map[string]any)
	return lock["isEnabled"] == true && (lock["allProperties"] == true || lock["credentialsWithUsageVerify"] == true)
}

// removePassword takes a password away; a replica may not know a fresh one yet.
func (c *call) removePassword(o *object) reply {
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	if !c.mayWrite(o) {
		return denied()
	}
	keyID, _ := fields["keyId"].(string)
	if !directory.IsGUID(keyID) {
		return malformed("Invalid value specified for property 'keyId' of resource 'PasswordCredential'.")
	}
	return c.exclusively(o, func() reply {
		seen := c.view(o)
		if seen == nil {
			return notFound(o.id())
		}
		if !holds(seen.credentials(), keyID) || !c.dropPassword(o, keyID) {
			return malformed("No password credential found with keyId %s", keyID)
		}
		return noContent()
	})
}

func holds(credentials *directory.Credentials, keyID string) bool {
	for _, p := range credentials.Passwords {
		if strings.EqualFold(p.KeyID, keyID) {
			return true
		}
	}
	return false
}

func (c *call) dropPassword(o *object, keyID string) bool {
	if o.app != nil {
		return c.s.d.RemoveApplicationPassword(o.app, keyID)
	}
	return c.s.d.RemovePrincipalPassword(o.sp, keyID)
}
