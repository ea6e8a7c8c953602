package graph

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"keyturn/simulator/directory"
)

// list answers a collection of applications or service principals.
func (c *call) list(k kind) reply {
	if !c.mayReadApplications() {
		return denied()
	}
	o, refused := c.readOptions(k.typeName, c.sample(k), largestPage)
	if refused != nil {
		return *refused
	}
	if o.expand, refused = c.readExpand(k); refused != nil {
		return *refused
	}
	return c.page(k.set, c.documents(k, o), o)
}

// documents renders what a list may show, using the index when the filter asks for one id. What is related stands beside the properties where
// something asks for it.
func (c *call) documents(k kind, o options) []map[string]any {
	withOwners := o.filter != nil && slices.Contains(o.filter.Properties, relation)
	candidates := c.candidates(k, o)
	withKeys := slices.Contains(o.selected, "keyCredentials")
	docs := make([]map[string]any, 0, len(candidates))
	for _, candidate := range candidates {
		seen := c.view(candidate)
		if seen == nil {
			continue
		}
		doc := seen.document(withKeys)
		if withOwners {
			doc[relation] = c.ownerDocuments(seen)
		}
		if o.expand != nil && doc[o.expand.relation] == nil {
			doc[o.expand.relation] = c.related(seen, o.expand.relation)
		}
		docs = append(docs, doc)
	}
	return docs
}

func (c *call) candidates(k kind, o options) []*object {
	if o.filter == nil || (!strings.EqualFold(o.filter.Key, "appId") && !strings.EqualFold(o.filter.Key, "id")) {
		return c.all(k)
	}
	if one := c.lookup(k, &objectKey{o.filter.Key, o.filter.Value}, o.filter.Value); one != nil {
		return []*object{one}
	}
	return nil
}

// sample is a document with every property of a kind.
func (c *call) sample(k kind) map[string]any {
	if k == applicationKind {
		return applicationDocument(&directory.Application{Tenant: c.tenant}, false)
	}
	return principalDocument(&directory.ServicePrincipal{Tenant: c.tenant}, false)
}

// count answers the bare number of objects, which Graph gives only with ConsistencyLevel: eventual.
func (c *call) count(k kind) reply {
	if !c.mayReadApplications() {
		return denied()
	}
	if !c.eventual() {
		return malformed("$count is not currently supported.")
	}
	o, refused := c.readOptions(k.typeName, c.sample(k), largestPage)
	if refused != nil {
		return *refused
	}
	return ok(len(o.apply(c.documents(k, o))))
}

// delta answers all objects and a link to ask again; it does not follow changes, and tells all of them again, as delta may. The token
// "latest" asks for the link alone. Source: https://learn.microsoft.com/graph/delta-query-overview, read 2026-11-26.
func (c *call) delta(k kind) reply {
	if !c.mayReadApplications() {
		return denied()
	}
	o, refused := c.readOptions(k.typeName, c.sample(k), largestPage)
	if refused != nil {
		return *refused
	}
	var docs []map[string]any
	if c.query.Get("$deltatoken") != "latest" {
		docs = c.documents(k, o)
	}
	answer := c.page(k.set, docs, o)
	body, _ := answer.body.(map[string]any)
	if _, more := body["@odata.nextLink"]; !more && body != nil {
		body["@odata.deltaLink"] = c.base() + c.version + "/" + k.set + "/delta?$deltatoken=" + strconv.FormatInt(c.s.w.Now().Unix(), 36)
	}
	return answer
}

// get answers one object.
func (c *call) get(o *object) reply {
	if !c.mayReadApplications() {
		return denied()
	}
	seen := c.view(o)
	if seen == nil {
		return notFound(o.id())
	}
	selected, refused := c.readSelect(o.typeName, c.sample(o.kind))
	if refused != nil {
		return *refused
	}
	doc := seen.document(slices.Contains(selected, "keyCredentials"))
	path := o.set
	if len(selected) > 0 {
		path += "(" + strings.Join(selected, ",") + ")"
	}
	doc = pick(doc, selected)
	expand, refused := c.readExpand(o.kind)
	if refused != nil {
		return *refused
	}
	if expand != nil {
		expand.show(doc, c.related(seen, expand.relation))
	}
	doc["@odata.context"] = c.context(path + "/$entity")
	return ok(doc)
}

// exclusively runs a write on an object as the real service would: it takes a while, and another write meanwhile fails.
// The lock is held on entry and on return, yet not while the write takes its time.
func (c *call) exclusively(o *object, write func() reply) reply {
	if c.s.w.Gentle() {
		return c.audited(o, write)
	}
	id := o.id()
	if c.s.busy[id] {
		return conflict()
	}
	c.s.busy[id] = true
	c.s.pause()
	delete(c.s.busy, id)
	return c.audited(o, write)
}

// create makes an application, or a service principal for one.
func (c *call) create(k kind) reply {
	if !c.mayCreate() {
		return denied()
	}
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	owners, refused := c.boundOwners(fields)
	if refused != nil {
		return *refused
	}
	if k == principalKind {
		return c.createPrincipal(fields, owners)
	}
	name, _ := fields["displayName"].(string)
	if name == "" {
		return malformed("Property displayName is invalid.")
	}
	audience, _ := fields["signInAudience"].(string)
	if r := c.checkFields(applicationKind, fields); r != nil {
		return *r
	}
	specs, refused := c.bornPasswords(fields)
	if refused != nil {
		return *refused
	}
	a := c.s.d.Register(c.tenant, name, audience)
	c.own(&a.Owners, owners)
	o := applicationObject(a)
	r := c.setFields(o, fields)
	if r == nil {
		r = c.addBorn(o, specs)
	}
	if r != nil {
		c.s.d.DeleteApplication(a)
		return *r
	}
	return c.createdObject(o)
}

func (c *call) createPrincipal(fields map[string]any, owners []string) reply {
	appID, _ := fields["appId"].(string)
	if c.tenant.ServicePrincipal(appID) != nil {
		return failure(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "The service principal cannot be created, updated, or "+
			"restored because the service principal name %s is already in use.", appID)
	}
	a := c.tenant.Application(appID)
	if a == nil || !strings.EqualFold(a.AppID, appID) {
		return failure(http.StatusBadRequest, "NoBackingApplicationObject", "The appId '%s' of the service principal does not reference a "+
			"valid application object.", appID)
	}
	if !c.mayWrite(applicationObject(a)) {
		return denied()
	}
	sp := c.s.d.AddServicePrincipal(a)
	c.own(&sp.Owners, owners)
	return c.createdObject(principalObject(sp))
}

// own makes the caller the owner of what it has just made, with those that it named.
func (c *call) own(owners *[]string, named []string) {
	for _, id := range append([]string{c.id.ObjectID}, named...) {
		if !slices.Contains(*owners, id) {
			*owners = append(*owners, id)
		}
	}
}

// createdObject answers a new object, with the values of the passwords that were made with it, this once.
func (c *call) createdObject(o *object) reply {
	doc := o.document(false)
	for i, p := range o.credentials().Passwords {
		doc["passwordCredentials"].([]any)[i].(map[string]any)["secretText"] = p.Value
	}
	c.note(o, directory.Audit{Activity: "Add " + map[bool]string{true: "application", false: "service principal"}[o.app != nil], Operation: "Add"})
	doc["@odata.context"] = c.context(o.set + "/$entity")
	answer := made(doc)
	answer.header = http.Header{"Location": {c.base() + "v2/" + c.tenant.ID + "/directoryObjects/" + o.id() + "/Microsoft.DirectoryServices." + o.label}}
	return answer
}

// remove deletes an object.
func (c *call) remove(o *object) reply {
	if !c.mayWrite(o) {
		return denied()
	}
	return c.exclusively(o, func() reply {
		if o.app != nil {
			c.s.d.Discard(o.app)
		} else {
			c.s.d.DeleteServicePrincipal(o.sp)
		}
		return noContent()
	})
}
