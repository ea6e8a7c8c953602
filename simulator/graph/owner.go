package graph

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// owners serves the owners of an object and their references.
func (c *call) owners(o *object, rest []string) reply {
	switch len(rest) {
	case 0:
		if c.method == http.MethodGet {
			return c.listOwners(o, "")
		}
		return notAllowed()
	case 1:
		return c.ownersPart(o, rest[0])
	case 2:
		if rest[1] == "$ref" && c.method == http.MethodDelete {
			return c.dropOwner(o, rest[0])
		}
	}
	return c.noSegment(rest[len(rest)-1])
}

// ownersPart serves what stands behind owners: the references, the number, and the owners of one type.
func (c *call) ownersPart(o *object, name string) reply {
	typeName, cast := strings.CutPrefix(strings.ToLower(name), "microsoft.graph.")
	switch {
	case name == "$ref":
		return c.ownerReferences(o)
	case c.method != http.MethodGet:
		return notAllowed()
	case name == "$count":
		return c.countOwners(o)
	case cast && slices.Contains([]string{"user", "serviceprincipal", "application", "directoryobject"}, typeName):
		return c.listOwners(o, typeName)
	}
	return c.noSegment(name)
}

func (c *call) countOwners(o *object) reply {
	if !c.mayReadApplications() {
		return denied()
	}
	if !c.eventual() {
		return malformed("$count is not currently supported.")
	}
	return ok(len(c.ownerDocuments(o)))
}

func (c *call) ownerReferences(o *object) reply {
	switch c.method {
	case http.MethodGet:
		return c.listOwnerReferences(o)
	case http.MethodPost:
		return c.addOwner(o)
	}
	return notAllowed()
}

// listOwners lists the owners, those of one type alone when it is given.
func (c *call) listOwners(o *object, typeName string) reply {
	if !c.mayReadApplications() {
		return denied()
	}
	seen := c.view(o)
	if seen == nil {
		return notFound(o.id())
	}
	docs := slices.DeleteFunc(c.ownerDocuments(seen), func(doc map[string]any) bool {
		return typeName != "" && typeName != "directoryobject" && !strings.EqualFold(doc["@odata.type"].(string), "#microsoft.graph."+typeName)
	})
	options, refused := c.readOptions("microsoft.graph.directoryObject", c.ownerSample(), largestPage)
	if refused != nil {
		return *refused
	}
	for i, doc := range docs {
		docs[i] = pickTyped(doc, options.selected)
	}
	options.selected = nil
	return c.page("directoryObjects", docs, options)
}

func (c *call) ownerDocuments(o *object) []map[string]any {
	docs := []map[string]any{}
	for _, id := range *o.ownerIDs() {
		if doc := c.directoryObject(id); doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs
}

// directoryObject is a user, service principal or application by object id, with its OData type; nil when there is none.
func (c *call) directoryObject(id string) map[string]any {
	if u := c.tenant.User(id); u != nil && strings.EqualFold(u.ObjectID, id) {
		doc := userDocument(u)
		doc["@odata.type"] = "#microsoft.graph.user"
		return doc
	}
	if s := c.tenant.ServicePrincipal(id); s != nil && strings.EqualFold(s.ObjectID, id) {
		doc := principalDocument(s, false)
		doc["@odata.type"] = "#microsoft.graph.servicePrincipal"
		return doc
	}
	if a := c.tenant.Application(id); a != nil && strings.EqualFold(a.ObjectID, id) {
		doc := applicationDocument(a, false)
		doc["@odata.type"] = "#microsoft.graph.application"
		return doc
	}
	return nil
}

func (c *call) listOwnerReferences(o *object) reply {
	if !c.mayReadApplications() {
		return denied()
	}
	links := []any{}
	for _, id := range *o.ownerIDs() {
		links = append(links, map[string]any{"@odata.id": c.base() + "v2/" + c.tenant.ID + "/directoryObjects/" + id})
	}
	return ok(c.collection("$ref", links))
}

// addOwner adds a reference to a user or a service principal.
func (c *call) addOwner(o *object) reply {
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	if !c.mayWrite(o) {
		return denied()
	}
	id, valid := referenced(fields)
	if !valid {
		return malformed("Invalid entity reference in '@odata.id'.")
	}
	doc := c.directoryObject(id)
	if doc == nil {
		return notFound(id)
	}
	if doc["@odata.type"] == "#microsoft.graph.application" {
		return malformed("The reference target '%s' of type 'Application' is invalid for the 'owners' reference.", id)
	}
	return c.exclusively(o, func() reply {
		if ownedBy(o, id) {
			return malformed("One or more added object references already exist for the following modified properties: 'owners'.")
		}
		o.change(c.s.d, func() { *o.ownerIDs() = append(slices.Clone(*o.ownerIDs()), strings.ToLower(id)) })
		return noContent()
	})
}

// boundOwners takes the owners out of the fields of a new object that are bound to it as it is made.
// Source: https://learn.microsoft.com/graph/api/application-post-applications, read 2026-11-26.
func (c *call) boundOwners(fields map[string]any) (ids []string, refused *reply) {
	links, _ := fields["owners@odata.bind"].([]any)
	delete(fields, "owners@odata.bind")
	for _, link := range links {
		id, valid := referenced(map[string]any{"@odata.id": link})
		if !valid {
			r := malformed("Invalid entity reference in 'owners@odata.bind'.")
			return nil, &r
		}
		if c.directoryObject(id) == nil {
			r := notFound(id)
			return nil, &r
		}
		ids = append(ids, strings.ToLower(id))
	}
	return ids, nil
}

// referenced takes the object id from a reference such as https://graph.microsoft.com/v1.0/directoryObjects/{id}.
func referenced(fields map[string]any) (id string, valid bool) {
	text, _ := fields["@odata.id"].(string)
	text = strings.TrimSuffix(text, "/")
	i := strings.LastIndexAny(text, "/(")
	id = strings.Trim(text[i+1:], "')")
	return id, i >= 0 && directory.IsGUID(id)
}

func ownedBy(o *object, id string) bool {
	return slices.ContainsFunc(*o.ownerIDs(), func(owner string) bool { return strings.EqualFold(owner, id) })
}

func (c *call) dropOwner(o *object, id string) reply {
	if !c.mayWrite(o) {
		return denied()
	}
	if !ownedBy(o, id) {
		return notFound(id)
	}
	return c.exclusively(o, func() reply {
		o.change(c.s.d, func() {
			*o.ownerIDs() = slices.DeleteFunc(slices.Clone(*o.ownerIDs()), func(owner string) bool { return strings.EqualFold(owner, id) })
		})
		return noContent()
	})
}
