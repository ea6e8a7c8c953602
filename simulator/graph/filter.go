package graph

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/odata"
)

func (c *call) readFilter(typeName string, known map[string]any, o *options) *reply {
	text := c.query.Get("$filter")
	if text == "" {
		return nil
	}
	filter, err := odata.Parse(text)
	if err != nil {
		r := failure(http.StatusBadRequest, "BadRequest", "Invalid filter clause: %v in '%s'.", err, text)
		return &r
	}
	for _, name := range filter.Properties {
		if !hasProperty(known, name) && !(name == relation && filter.Advanced) {
			r := failure(http.StatusBadRequest, "BadRequest", "Invalid filter clause: Could not find a property named '%s' on type '%s'.", name, typeName)
			return &r
		}
	}
	if property := c.unsupported(typeName, filter, o); property != "" {
		r := unsupportedClause(property, typeName)
		return &r
	}
	o.filter = filter
	return nil
}

// unsupportedClause refuses to filter or search by a property.
func unsupportedClause(property, typeName string) reply {
	return failure(http.StatusBadRequest, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for property "+
		"'%s' of resource '%s'.", property, strings.TrimPrefix(typeName, "microsoft.graph."))
}

// directoryTypes can't be filtered by contains(). Source: https://learn.microsoft.com/graph/aad-advanced-queries, read 2026-11-25.
var directoryTypes = []string{applicationKind.typeName, principalKind.typeName, "microsoft.graph.user", "microsoft.graph.directoryObject"}

// unsupported names a property that Graph does not filter by, or not without ConsistencyLevel: eventual; "" is fine.
func (c *call) unsupported(typeName string, filter *odata.Filter, o *options) string {
	if slices.Contains(filter.Properties, "passwordCredentials") {
		return "passwordCredentials"
	}
	if filter.Contains != "" && slices.Contains(directoryTypes, typeName) {
		return filter.Contains
	}
	if filter.Advanced && !(c.eventual() && o.count) && c.version == "v1.0" {
		return filter.Properties[0]
	}
	return ""
}
