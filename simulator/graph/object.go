package graph

import (
	"strings"

	"keyturn/simulator/directory"
)

// kind is what differs between the two kinds of directory objects that carry credentials.
type kind struct {
	set      string // as in paths and contexts
	typeName string
	label    string // as in error texts
}

var (
	applicationKind = kind{"applications", "microsoft.graph.application", "Application"}
	principalKind   = kind{"servicePrincipals", "microsoft.graph.servicePrincipal", "ServicePrincipal"}
)

// object is an application or a service principal; one of the two is set.
type object struct {
	kind
	app *directory.Application
	sp  *directory.ServicePrincipal
}

func applicationObject(a *directory.Application) *object {
	return &object{kind: applicationKind, app: a}
}

func principalObject(s *directory.ServicePrincipal) *object {
	return &object{kind: principalKind, sp: s}
}

func (o *object) id() string {
	if o.app != nil {
		return o.app.ObjectID
	}
	return o.sp.ObjectID
}

func (o *object) appID() string {
	if o.app != nil {
		return o.app.AppID
	}
	return o.sp.AppID
}

func (o *object) credentials() *directory.Credentials {
	if o.app != nil {
		return &o.app.Credentials
	}
	return &o.sp.Credentials
}

func (o *object) ownerIDs() *[]string {
	if o.app != nil {
		return &o.app.Owners
	}
	return &o.sp.Owners
}

func (o *object) extra() map[string]any {
	if o.app != nil {
		return o.app.Extra
	}
	return o.sp.Extra
}

func (o *object) policyID() *string {
	if o.app != nil {
		return &o.app.PolicyID
	}
	return &o.sp.PolicyID
}

func (o *object) document(withKeys bool) map[string]any {
	if o.app != nil {
		return applicationDocument(o.app, withKeys)
	}
	return principalDocument(o.sp, withKeys)
}

// change edits the object so that replicas lag behind.
func (o *object) change(d *directory.Directory, edit func()) {
	if o.app != nil {
		d.Change(o.app, edit)
		return
	}
	d.ChangePrincipal(o.sp, edit)
}

// view is the object as the replica that serves this read knows it, nil when it does not.
func (c *call) view(o *object) *object {
	if o.app != nil {
		if a := c.s.d.View(o.app); a != nil {
			return applicationObject(a)
		}
		return nil
	}
	if s := c.s.d.ViewPrincipal(o.sp); s != nil {
		return principalObject(s)
	}
	return nil
}

// find looks an object up by id or by an alternate key; a replica may not know a new object yet.
func (c *call) find(k kind, key *objectKey, id string) *object {
	o := c.lookup(k, key, id)
	if o == nil || c.view(o) == nil {
		return nil
	}
	return o
}

func (c *call) lookup(k kind, key *objectKey, id string) *object {
	property := "id"
	if key != nil {
		property = strings.ToLower(key.name)
	}
	if k == applicationKind {
		a := c.tenant.Application(id)
		if a == nil || !strings.EqualFold(map[string]string{"id": a.ObjectID, "appid": a.AppID}[property], id) {
			return nil
		}
		return applicationObject(a)
	}
	s := c.tenant.ServicePrincipal(id)
	if s == nil || !strings.EqualFold(map[string]string{"id": s.ObjectID, "appid": s.AppID}[property], id) {
		return nil
	}
	return principalObject(s)
}

// all lists the objects of a kind in the caller's tenant.
func (c *call) all(k kind) []*object {
	var list []*object
	if k == applicationKind {
		for _, a := range c.tenant.Applications {
			list = append(list, applicationObject(a))
		}
		return list
	}
	for _, s := range c.tenant.ServicePrincipals {
		list = append(list, principalObject(s))
	}
	return list
}
