package graph

import (
	"maps"
	"net/http"
	"strings"

	"keyturn/simulator/directory"
)

// relation is the navigation property that applications and service principals can be expanded and filtered by.
const relation = "owners"

// mostExpanded is how many related objects one $expand shows. Source: https://learn.microsoft.com/graph/query-parameters#expand-parameter,
// read 2026-11-25.
const mostExpanded = 20

// expansion is what $expand asks for: the owners, and of them these properties, all when there is none.
type expansion struct{ selected []string }

// readExpand reads $expand of a type; nil when it is not given. Directory objects show one relation at a time.
func (c *call) readExpand(typeName string) (*expansion, *reply) {
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
	if !strings.EqualFold(strings.TrimSpace(name), relation) {
		r := failure(http.StatusBadRequest, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type '%s'.", name, typeName)
		return nil, &r
	}
	e := &expansion{}
	for option := range strings.SplitSeq(inside, ";") {
		key, list, _ := strings.Cut(option, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "$select") {
			continue
		}
		for property := range strings.SplitSeq(list, ",") {
			if property = strings.TrimSpace(property); !hasProperty(c.ownerSample(), property) {
				r := failure(http.StatusBadRequest, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type "+
					"'microsoft.graph.directoryObject'.", property)
				return nil, &r
			}
			e.selected = append(e.selected, property)
		}
	}
	return e, nil
}

// ownerSample is a document with every property that an owner can have.
func (c *call) ownerSample() map[string]any {
	known := c.sample(principalKind)
	maps.Copy(known, userDocument(&directory.User{}))
	return known
}

// show puts the expanded relation into a document, cut as asked; related are the owners in full.
func (e *expansion) show(doc map[string]any, related []map[string]any) {
	shown := []any{}
	for _, each := range related[:min(len(related), mostExpanded)] {
		shown = append(shown, pickTyped(each, e.selected))
	}
	doc[relation] = shown
}

// pickTyped cuts a document and leaves it the type that tells a user from a service principal.
func pickTyped(doc map[string]any, selected []string) map[string]any {
	if len(selected) == 0 {
		return doc
	}
	kept := pick(doc, selected)
	kept["@odata.type"] = doc["@odata.type"]
	return kept
}
