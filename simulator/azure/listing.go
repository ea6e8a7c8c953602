package azure

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/odata"
)

// mostOnPage is how many items a page of a listing holds at most.
const mostOnPage = 1000

// filter reads $filter into a test of one item's fields; without $filter everything passes. Where known are given, no other is.
func (c *call) filter(known ...string) (func(map[string]any) bool, *answer) {
	expression := strings.TrimSpace(c.query["$filter"])
	if expression == "" {
		return func(map[string]any) bool { return true }, nil
	}
	parsed, err := odata.Parse(expression)
	foreign := func(name string) bool {
		return !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
	}
	if err != nil || len(known) > 0 && slices.ContainsFunc(parsed.Properties, foreign) {
		a := fail(http.StatusBadRequest, "InvalidFilterInQueryString", "Invalid $filter '%s' specified in the query string.", expression)
		return nil, &a
	}
	return parsed.Match, nil
}

// page cuts a listing by $top and $skiptoken and links to what follows.
func (c *call) page(items []any) answer {
	from, size, refused := c.window()
	if refused != nil {
		return *refused
	}
	items = c.seen(items)
	from = min(from, len(items))
	to := min(from+size, len(items))
	body := listBody{Value: items[from:to]}
	if to < len(items) {
		body.NextLink = c.nextLink(to)
	}
	return ok(body)
}

func (c *call) window() (from, size int, refused *answer) {
	size = mostOnPage
	if top, given := c.query["$top"]; given {
		n, err := strconv.Atoi(top)
		if err != nil || n < 1 {
			a := fail(http.StatusBadRequest, "InvalidTopInQueryString", "The value '%s' of the query parameter $top is invalid; a positive integer is expected.", top)
			return 0, 0, &a
		}
		size = min(n, mostOnPage)
	}
	if token, given := c.query["$skiptoken"]; given {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		n, bad := strconv.Atoi(string(raw))
		if err != nil || bad != nil || n < 0 {
			a := fail(http.StatusBadRequest, "InvalidSkipToken", "The provided skip token '%s' is invalid.", token)
			return 0, 0, &a
		}
		from = n
	}
	return from, size, nil
}

func (c *call) nextLink(from int) string {
	query := c.r.URL.Query()
	for name := range query {
		if strings.EqualFold(name, "$skiptoken") {
			query.Del(name)
		}
	}
	query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(from))))
	return c.s.w.Cloud().ARM() + c.r.URL.EscapedPath() + "?" + query.Encode()
}

// indexed is a resource as the listings and Resource Graph know it.
type indexed struct {
	id, name, kind, typeName, location string
	tags                               map[string]string
	properties                         func() map[string]any
	identity, sku                      map[string]any
	created, changed                   time.Time
}

// index lists what the caller may read under a scope and wants to keep: resources and vaults; nested ones that have no place in Azure's index
// are left out. What is cheap to ask is asked first: there may be thousands.
func (c *call) index(scope string, keep func(indexed) bool) []indexed {
	var found []indexed
	add := func(i indexed) {
		if keep(i) && role.Covers(scope, i.id) && c.s.roles.Permits(c.id.ObjectID, i.typeName+"/read", i.id, c.now) {
			found = append(found, i)
		}
	}
	for _, r := range c.s.resources {
		if r.tracked && !c.now.Before(r.indexedFrom) {
			properties := func() map[string]any { return c.s.shownProperties(r) }
			add(indexed{r.ID, r.Name, r.Kind, r.Type, r.Location, r.Tags, properties, r.Identity, r.SKU, r.Created, r.Changed})
		}
	}
	for _, v := range c.s.v.Vaults() {
		if v.ResourceID != "" {
			properties := func() map[string]any { return vaultProperties(v) }
			add(indexed{id: v.ResourceID, name: v.Name, typeName: vaultType, location: v.Location, tags: v.Tags, properties: properties, created: v.Created, changed: v.Created})
		}
	}
	return found
}

// everything keeps all of an index.
func everything(indexed) bool { return true }

// tracked reports whether a resource shows in listings: those at the top, and runbooks.
func tracked(r *Resource) bool {
	at := parsePath(r.ID)
	return len(at.last().types) == 1 || strings.EqualFold(at.resourceType(), runbookType)
}

func (i indexed) body() map[string]any {
	at := parsePath(i.id)
	name := strings.Join(at.last().names, "/") // a runbook's begins with its account's
	body := map[string]any{"id": i.id, "name": name, "type": i.typeName, "location": i.location}
	if i.kind != "" {
		body["kind"] = i.kind
	}
	if len(i.tags) > 0 {
		body["tags"] = i.tags
	}
	if i.identity != nil {
		body["identity"] = i.identity
	}
	if i.sku != nil {
		body["sku"] = i.sku
	}
	return body
}

// fields are what $filter can ask of a resource. One tag is enough for tagName, tagValue belongs to it.
func (i indexed) fields(group string) []map[string]any {
	base := map[string]any{"name": i.name, "resourceType": i.typeName, "location": i.location, "resourceGroup": group, "kind": i.kind}
	all := []map[string]any{base}
	for name, value := range i.tags {
		with := map[string]any{"tagName": name, "tagValue": value}
		for k, v := range base {
			with[k] = v
		}
		all = append(all, with)
	}
	return all
}

// fits reports whether a $filter keeps the resource, by one of its tags or without.
func (i indexed) fits(keep func(map[string]any) bool) bool {
	return slices.ContainsFunc(i.fields(parsePath(i.id).group), keep)
}

// listResources lists the resources of a subscription or group.
func (c *call) listResources() answer {
	scope := "/subscriptions/" + c.sub.ID
	if c.at.group != "" {
		scope = groupID(c.sub.ID, c.at.group)
	}
	if refused := c.touched(); refused != nil {
		return *refused
	}
	keep, refused := c.filter("name", "resourceType", "location", "resourceGroup", "kind", "tagName", "tagValue", "identity", "plan")
	if refused != nil {
		return *refused
	}
	seen := []any{}
	for _, i := range c.index(scope, func(i indexed) bool { return i.fits(keep) }) {
		seen = append(seen, c.expanded(i))
	}
	return c.page(seen)
}

// expanded adds what $expand asks for.
func (c *call) expanded(i indexed) map[string]any {
	body := i.body()
	if strings.Contains(strings.ToLower(c.query["$expand"]), "createdtime") {
		body["createdTime"] = stamp(i.created)
	}
	if strings.Contains(strings.ToLower(c.query["$expand"]), "changedtime") {
		body["changedTime"] = stamp(i.changed)
	}
	if strings.Contains(strings.ToLower(c.query["$expand"]), "provisioningstate") {
		body["provisioningState"] = "Succeeded"
	}
	return body
}

// stamp is an instant as Azure writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// text is a JSON value as a text: texts as they are, anything else as JSON.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}
