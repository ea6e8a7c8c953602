package graph

import (
	"maps"
	"net/http"
	"strings"

	"keyturn/simulator/directory"
)

// relation is the navigation property that applications and service principals can be filtered by.
const relation = "owners"

// mostExpanded is how many related objects one $expand shows. Source: https://learn.microsoft.com/graph/query-parameters#expand-parameter,
// read 2026-11-25.
const mostExpanded = 20

// expansion is what $expand asks for: one relation, and of what it leads to these properties, all when there is none.
type expansion struct {
	relation string
	selected []string
}

// readExpand reads $expand of a kind; nil when it is not given. Directory objects show one relation at a time.
func (c *call) readExpand(k kind) (*expansion, *reply) {
	text := strings.TrimSpace(c.query.Get("$expand"))
	if text == "" {
		return nil, nil
	}
	name, inside, _ := strings.Cut(text, "(")
	inside, rest, _ := strings.Cut(inside, ")")
	if strings.Contains(name, ",") || strings.Contains(rest, ",") {
		r := failure(http.StatusBadRequest, "Request_UnsupportedQuery", "The query specified in the URI is not valid. Only one relation can be expanded at a time.")
		return nil, &r
	}
	e := &expansion{}
	var sample map[string]any
	if e.relation, sample = c.relationOf(k, strings.TrimSpace(name)); sample == nil {
		r := failure(http.StatusBadRequest, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type '%s'.", name, k.typeName)
		return nil, &r
	}
	return e, e.readSelect(inside, sample)
}

// readSelect reads which properties of the related objects are wanted.
func (e *expansion) readSelect(inside string, sample map[string]any) *reply {
	for option := range strings.SplitSeq(inside, ";") {
		key, list, _ := strings.Cut(option, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "$select") {
			continue
		}
		for property := range strings.SplitSeq(list, ",") {
			if property = strings.TrimSpace(property); !hasProperty(sample, property) {
				r := failure(http.StatusBadRequest, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type "+
					"'microsoft.graph.directoryObject'.", property)
				return &r
			}
			e.selected = append(e.selected, property)
		}
	}
	return nil
}

// relationOf is a relation's name as Graph writes it, and a document with every property of what it leads to; nil when a kind has none
// of this name. Source: https://learn.microsoft.com/graph/api/resources/serviceprincipal#relationships, read 2026-11-26.
func (c *call) relationOf(k kind, name string) (string, map[string]any) {
	samples := map[string]map[string]any{relation: c.ownerSample()}
	if k == applicationKind {
		samples["federatedIdentityCredentials"] = federatedDocument(directory.Federated{})
	} else {
		grant := c.grantDocument(&directory.ServicePrincipal{}, &directory.Grant{})
		samples["appRoleAssignments"], samples["appRoleAssignedTo"] = grant, grant
		samples["oauth2PermissionGrants"] = c.consentDocument(&directory.ServicePrincipal{}, &directory.Consent{})
		samples["ownedObjects"], samples["memberOf"], samples["transitiveMemberOf"] = c.sample(applicationKind), c.ownerSample(), c.ownerSample()
	}
	for known, sample := range samples {
		if strings.EqualFold(known, name) {
			return known, sample
		}
	}
	return "", nil
}

// related are the documents that a relation of an object leads to.
func (c *call) related(o *object, name string) []map[string]any {
	switch name {
	case relation:
		return c.ownerDocuments(o)
	case "federatedIdentityCredentials":
		return federatedDocuments(o.app)
	case "appRoleAssignments":
		return c.grantsOf(o.sp)
	case "appRoleAssignedTo":
		return c.grantsTo(o.sp)
	case "oauth2PermissionGrants":
		return c.consentsOf(o.sp)
	case "ownedObjects":
		return c.ownedBy(o.sp)
	}
	return nil // nobody is in a group
}

// ownerSample is a document with every property that an owner can have.
func (c *call) ownerSample() map[string]any {
	known := c.sample(principalKind)
	maps.Copy(known, userDocument(&directory.User{}))
	return known
}

// show puts the expanded relation into a document, cut as asked; related is what it leads to, in full.
func (e *expansion) show(doc map[string]any, related []map[string]any) {
	shown := []any{}
	for _, each := range related[:min(len(related), mostExpanded)] {
		shown = append(shown, pickTyped(each, e.selected))
	}
	doc[e.relation] = shown
}

// pickTyped cuts a document and leaves it the type that tells a user from a service principal.
func pickTyped(doc map[string]any, selected []string) map[string]any {
	if len(selected) == 0 {
		return doc
	}
	kept := pick(doc, selected)
	if typeName, typed := doc["@odata.type"]; typed {
		kept["@odata.type"] = typeName
	}
	return kept
}
