package graph

import (
	"net/http"
	"strings"

	"keyturn/simulator/directory"
)

// routeDeleted serves the app registrations that were deleted and can be put back. Source:
// https://learn.microsoft.com/graph/api/directory-deleteditems-list and its neighbours, read 2026-11-26.
func (c *call) routeDeleted(rest []string) reply {
	if len(rest) < 2 || len(rest) > 3 || !strings.EqualFold(rest[0], "deletedItems") {
		return c.noSegment("directory")
	}
	cast, isCast := strings.CutPrefix(strings.TrimPrefix(strings.ToLower(rest[1]), "microsoft."), "graph.")
	switch {
	case isCast && len(rest) == 2:
		return c.reading(c.mayReadApplications(), func() reply { return c.listDeleted(cast) })
	case len(rest) == 2:
		return c.oneDeleted(rest[1])
	case strings.EqualFold(strings.TrimPrefix(rest[2], "microsoft.graph."), "restore"):
		return c.action(nil, func() reply { return c.restore(rest[1]) })
	}
	return c.noSegment(rest[2])
}

func (c *call) listDeleted(typeName string) reply {
	docs := []map[string]any{}
	if typeName == "application" {
		for _, one := range c.s.d.DeletedOf(c.tenant) {
			docs = append(docs, deletedDocument(one))
		}
	}
	options, refused := c.readOptions(applicationKind.typeName, c.sample(applicationKind), largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("directoryObjects", docs, options)
}

func deletedDocument(one *directory.Deleted) map[string]any {
	doc := applicationDocument(one.Application, false)
	doc["@odata.type"], doc["deletedDateTime"] = "#microsoft.graph.application", stamp(one.Time)
	return doc
}

// oneDeleted shows one, or takes it away for good.
func (c *call) oneDeleted(id string) reply {
	one := c.s.d.DeletedItem(c.tenant, id)
	switch {
	case c.method != http.MethodGet && c.method != http.MethodDelete:
		return notAllowed()
	case c.method == http.MethodGet && !c.mayReadApplications(), c.method == http.MethodDelete && !c.may("Application.ReadWrite.All"):
		return denied()
	case one == nil:
		return notFound(id)
	case c.method == http.MethodDelete:
		c.s.d.Purge(one)
		return noContent()
	}
	doc := deletedDocument(one)
	doc["@odata.context"] = c.context("directoryObjects/$entity")
	return ok(doc)
}

func (c *call) restore(id string) reply {
	if !c.may("Application.ReadWrite.All") {
		return denied()
	}
	one := c.s.d.DeletedItem(c.tenant, id)
	if one == nil {
		return notFound(id)
	}
	c.s.d.Restore(one)
	doc := c.directoryObject(id)
	doc["@odata.context"] = c.context("directoryObjects/$entity")
	return ok(doc)
}
