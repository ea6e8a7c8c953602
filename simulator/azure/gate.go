package azure

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/directory"
)

var (
	versionForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-(preview|alpha|beta|privatepreview))?$`)
	guidForm    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// caller names an identity in the request log.
func caller(id directory.Identity) string {
	if id.User {
		return id.UserName
	}
	return id.AppID
}

func (c *call) checkVersion() *answer {
	c.version = strings.ToLower(c.query["api-version"])
	var a answer
	switch {
	case c.version == "":
		a = fail(http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	case !versionForm.MatchString(c.version):
		a = fail(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '%s' is invalid. The supported versions are '%s'.", c.version, resourceVersions)
	default:
		return nil
	}
	return &a
}

// authenticate reads the bearer token. Needs no lock but takes it to find the tenant that the refusal names.
func (s *Service) authenticate(c *call) (directory.Identity, *answer) {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if c.r.Header.Get("Authorization") == "" {
		return directory.Identity{}, s.challenge(c, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	}
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return directory.Identity{}, s.challenge(c, "AuthenticationFailedInvalidHeader", "Authentication failed. The 'Authorization' header is provided in an invalid format.")
	}
	id, err := s.d.Verify(strings.TrimSpace(token), directory.ARMAppID)
	switch {
	case err == nil:
		return id, nil
	case errors.Is(err, directory.ErrTokenExpired):
		return id, s.challenge(c, "ExpiredAuthenticationToken", "The access token expiry UTC time '"+id.Expires.Format("1/2/2006 3:04:05 PM")+"' is earlier than current UTC time '"+s.w.Now().Format("1/2/2006 3:04:05 PM")+"'.")
	case errors.Is(err, directory.ErrTokenAudience):
		return id, s.challenge(c, "InvalidAuthenticationToken", "The access token has been obtained for wrong audience or resource '"+id.Audience+"'. It should exactly match with one of the allowed audiences '"+strings.Join(s.w.Cloud().ARMAudiences(), "','")+"'.")
	case errors.Is(err, directory.ErrTokenSignature):
		return id, s.challenge(c, "InvalidAuthenticationToken", "The access token is invalid: its signature could not be validated.")
	}
	return id, s.challenge(c, "InvalidAuthenticationToken", "The access token is invalid.")
}

// challenge is a 401 that names the authority: the subscription's tenant when the path has a known one, from which tools discover it.
func (s *Service) challenge(c *call, code, message string) *answer {
	s.w.Lock()
	tenant := "common"
	if sub := s.Subscription(c.at.subscription); sub != nil {
		tenant = sub.Tenant
	}
	s.w.Unlock()
	a := fail(http.StatusUnauthorized, code, "%s", message)
	a = a.withHeader("WWW-Authenticate", `Bearer authorization_uri="`+s.w.Cloud().Login()+`/`+tenant+`", error="invalid_token", error_description="`+strings.ReplaceAll(message, `"`, "'")+`"`)
	return &a
}

// findScope looks the subscription up, and whether the token is of its tenant.
func (c *call) findScope() *answer {
	if !c.at.is(0, "subscriptions") || c.at.subscription == "" {
		return nil
	}
	if !guidForm.MatchString(c.at.subscription) {
		a := fail(http.StatusBadRequest, "InvalidSubscriptionId", "The provided subscription identifier '%s' is malformed or invalid.", c.at.subscription)
		return &a
	}
	c.sub = c.s.Subscription(c.at.subscription)
	if c.sub == nil {
		a := fail(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", c.at.subscription)
		return &a
	}
	if !strings.EqualFold(c.sub.Tenant, c.id.Tenant) {
		return c.wrongTenant()
	}
	return nil
}

func (c *call) wrongTenant() *answer {
	a := fail(http.StatusUnauthorized, "InvalidAuthenticationTokenTenant",
		"The access token is from the wrong issuer '%s'. It must match the tenant '%s' associated with this subscription. Please use the authority (URL) '%s' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later.",
		c.s.w.Cloud().Issuer(c.id.Tenant), c.s.w.Cloud().Issuer(c.sub.Tenant), c.s.w.Cloud().Login()+"/"+c.sub.Tenant)
	a = a.withHeader("WWW-Authenticate", `Bearer authorization_uri="`+c.s.w.Cloud().Login()+`/`+c.sub.Tenant+`", error="invalid_token", error_description="The access token is from the wrong issuer. It must match the tenant associated with this subscription."`)
	return &a
}

// findGroup looks the resource group up; creating one is the only call that may name a group that is not there.
func (c *call) findGroup() *answer {
	if c.sub == nil || c.at.group == "" {
		return nil
	}
	c.group = c.sub.Group(c.at.group)
	creates := len(c.at.parts) == 0 && len(c.at.tail) == 0
	if c.group != nil || creates {
		return nil
	}
	a := fail(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", c.at.group)
	return &a
}

// authorize refuses a principal without the right. An empty action needs none: the handler shows only what the caller may see.
func (c *call) authorize(action string) *answer {
	if action == "" {
		return nil
	}
	scope := c.rightScope()
	if c.s.roles.Permits(c.id.ObjectID, action, scope, c.now) {
		return nil
	}
	a := c.authorizationFailed(action, scope)
	return &a
}

func (c *call) authorizationFailed(action, scope string) answer {
	client := c.id.AppID
	if c.id.User {
		client = c.id.UserName
	}
	return fail(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		client, c.id.ObjectID, action, scope)
}

// rightScope is where the right is needed: the thing itself, an action's target, or the place of a collection with its namespace.
func (c *call) rightScope() string {
	switch {
	case len(c.at.parts) == 0 && len(c.at.tail) > 0:
		return join(c.at.segments[:len(c.at.segments)-len(c.at.tail)])
	case len(c.at.parts) == 0 || c.at.instance() || len(c.at.last().types) == 0:
		return c.at.id()
	case len(c.at.last().names) > 0:
		return c.at.parent()
	}
	return c.at.scope() + "/providers/" + c.at.last().namespace
}

// acrossGroups reports whether the call lists one type of resource all over a subscription: whoever holds a role anywhere in it may, and sees
// what that role opens.
func (c *call) acrossGroups() bool {
	p := c.at.last()
	return c.r.Method == http.MethodGet && c.sub != nil && c.at.group == "" && len(c.at.parts) == 1 && len(p.types) == 1 && len(p.names) == 0 &&
		!strings.EqualFold(p.namespace, "Microsoft.Authorization") && c.s.roles.Touches(c.id.ObjectID, "/subscriptions/"+c.sub.ID, c.now)
}

// seen drops the items of a listing that the caller may not read.
func (c *call) seen(items []any) []any {
	if c.visible == "" {
		return items
	}
	return slices.DeleteFunc(items, func(item any) bool {
		body, _ := item.(map[string]any)
		id, _ := body["id"].(string)
		return !c.s.roles.Permits(c.id.ObjectID, c.visible, id, c.now)
	})
}

// secondFactor refuses changes by users who signed in without a second factor.
// Source: learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication, read 2026-11-22.
func (c *call) secondFactor() *answer {
	if !c.id.User || c.id.MFA || c.r.Method == http.MethodPost || verb(c.r.Method) == "read" {
		return nil
	}
	a := fail(http.StatusForbidden, "RequestDisallowedByAzure",
		"Resource '%s' was disallowed by Azure: Multifactor authentication (MFA) is required to create, update or delete resources. Sign in again with MFA and retry. For help, please see https://aka.ms/MFAforAzure.", c.at.name())
	return &a
}

// heedLocks refuses what a lock at or above the target forbids. Locks themselves can always be changed, and reading never is a change.
func (c *call) heedLocks() *answer {
	done := verb(c.r.Method)
	if done == "read" || c.sub == nil || c.changesLock() {
		return nil
	}
	target := c.at.id()
	if done == "action" {
		target = c.at.parent()
	}
	for _, l := range c.s.locksInForce() {
		if !role.Covers(l.Scope, target) || (l.Level == CanNotDelete && done != "delete") {
			continue
		}
		a := fail(http.StatusConflict, "ScopeLocked", "The scope '%s' cannot perform %s operation because following scope(s) are locked: '%s'. Please remove the lock and try again.", target, done, l.Scope)
		return &a
	}
	return nil
}

func (c *call) changesLock() bool {
	return strings.EqualFold(c.at.resourceType(), lockType)
}
