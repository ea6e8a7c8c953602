package azure

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
)

// A new resource shows in listings and in Resource Graph only after this long.
const (
	indexLagMin = 3 * time.Second
	indexLagMax = 40 * time.Second
)

// genericRoute serves any resource below a resource group of a known provider.
func (s *Service) genericRoute(c *call) (route, bool) {
	p := c.at.last()
	if c.at.subscription == "" || len(p.types) == 0 || !knownNamespace(p.namespace) || strings.EqualFold(p.namespace, "Microsoft.Authorization") {
		return route{}, false
	}
	if strings.EqualFold(p.namespace, "Microsoft.Resources") && verb(c.r.Method) != "read" {
		return route{}, false // deployments and the like would have effects that nobody brings about here
	}
	if !c.at.instance() {
		return route{right: actionOfPath, handle: (*call).listGeneric}, c.r.Method == http.MethodGet
	}
	handlers := map[string]func(*call) answer{
		http.MethodGet: (*call).getGeneric, http.MethodHead: existence((*call).getGeneric), http.MethodPut: (*call).putGeneric,
		http.MethodPatch: (*call).patchGeneric, http.MethodDelete: (*call).deleteGeneric,
	}
	handle, ok := handlers[c.r.Method]
	return route{right: actionOfPath, handle: handle}, ok && c.at.group != ""
}

// resourceBody is a resource as GET shows it.
func (s *Service) resourceBody(r *Resource) map[string]any {
	body := map[string]any{"id": r.ID, "name": r.Name, "type": r.Type, "properties": s.shownProperties(r)}
	if r.Location != "" {
		body["location"] = r.Location
	}
	if r.Tags != nil {
		body["tags"] = r.Tags
	}
	if r.Kind != "" {
		body["kind"] = r.Kind
	}
	if r.Identity != nil {
		body["identity"] = r.Identity
	}
	if r.SKU != nil {
		body["sku"] = r.SKU
	}
	return body
}

// shownProperties are the properties that GET may show.
func (s *Service) shownProperties(r *Resource) map[string]any {
	if c := s.connections[key(r.ID)]; c != nil {
		return s.connectionProperties(c)
	}
	shown := maps.Clone(r.Properties)
	if shown == nil {
		shown = map[string]any{}
	}
	return shown
}

func (c *call) resource() *Resource { return c.s.Resource(c.at.id()) }

func (c *call) getGeneric() answer {
	r := c.resource()
	if r == nil {
		return notFound(c)
	}
	return ok(c.s.resourceBody(r))
}

// listGeneric lists the resources of the path's type under the path's scope.
func (c *call) listGeneric() answer {
	if refused := c.parentThere(); refused != nil {
		return *refused
	}
	seen := []any{}
	for _, r := range c.s.Resources(c.at.resourceType()) {
		if role.Covers(c.collectionScope(), r.ID) {
			seen = append(seen, c.s.resourceBody(r))
		}
	}
	return c.page(seen)
}

// collectionScope is the scope whose members a collection lists.
func (c *call) collectionScope() string {
	if len(c.at.last().names) > 0 {
		return c.at.parent()
	}
	return c.at.scope()
}

// parentThere refuses a nested path whose parent does not exist.
func (c *call) parentThere() *answer {
	p := c.at.last()
	if len(p.types) < 2 {
		return nil
	}
	parent := c.at.parent()
	if c.at.instance() {
		parent = join(c.at.segments[:len(c.at.segments)-2])
	}
	if c.s.exists(parent) {
		return nil
	}
	a := parentNotFound(c, parent)
	return &a
}

func (s *Service) exists(id string) bool {
	if s.Resource(id) != nil {
		return true
	}
	return s.vaultAt(id) != nil
}

// resourceWrite is the body of PUT and PATCH on any resource.
type resourceWrite struct {
	Location   *string           `json:"location"`
	Kind       *string           `json:"kind"`
	Tags       map[string]string `json:"tags"`
	Properties map[string]any    `json:"properties"`
	Identity   map[string]any    `json:"identity"`
	SKU        map[string]any    `json:"sku"`
}

func (c *call) putGeneric() answer {
	var in resourceWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	if refused := c.parentThere(); refused != nil {
		return *refused
	}
	return c.store(in)
}

// store makes or replaces the resource at the path.
func (c *call) store(in resourceWrite) answer {
	old := c.resource()
	r := Resource{ID: c.at.id(), Name: c.at.name(), Type: c.at.resourceType(), Tags: in.Tags, Properties: in.Properties, SKU: in.SKU, Created: c.now, Changed: c.now}
	if in.Location != nil {
		r.Location = strings.ToLower(strings.ReplaceAll(*in.Location, " ", ""))
	}
	if in.Kind != nil {
		r.Kind = *in.Kind
	}
	r.Identity = c.identity(in.Identity, old)
	if r.Properties == nil {
		r.Properties = map[string]any{}
	}
	r.Properties["provisioningState"] = "Succeeded"
	if old != nil {
		r.ID, r.Name, r.Type, r.Created, r.indexedFrom = old.ID, old.Name, old.Type, old.Created, old.indexedFrom
		if r.Location == "" {
			r.Location = old.Location
		}
		c.s.put(&r)
		return ok(c.s.resourceBody(c.s.Resource(r.ID)))
	}
	r.indexedFrom = c.now.Add(c.s.w.Between(indexLagMin, indexLagMax))
	c.s.put(&r)
	return created(c.s.resourceBody(&r))
}

// identity keeps a system-assigned identity's principal over a PUT.
func (c *call) identity(in map[string]any, old *Resource) map[string]any {
	if in == nil {
		return nil
	}
	out := maps.Clone(in)
	if kind, _ := in["type"].(string); !strings.Contains(kind, "SystemAssigned") {
		return out
	}
	out["tenantId"], out["principalId"] = c.sub.Tenant, c.s.w.NewID()
	if old != nil && old.Identity["principalId"] != nil {
		out["principalId"] = old.Identity["principalId"]
	}
	return out
}

func (c *call) patchGeneric() answer {
	var in resourceWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	r := c.resource()
	if r == nil {
		return notFound(c)
	}
	r.patch(in)
	r.Changed = c.now
	return ok(c.s.resourceBody(r))
}

// patch merges top-level fields and the first level of properties.
func (r *Resource) patch(in resourceWrite) {
	if in.Tags != nil {
		r.Tags = in.Tags
	}
	if in.Kind != nil {
		r.Kind = *in.Kind
	}
	if in.SKU != nil {
		r.SKU = in.SKU
	}
	if in.Properties != nil {
		merged := maps.Clone(r.Properties)
		if merged == nil {
			merged = map[string]any{}
		}
		maps.Copy(merged, in.Properties)
		r.Properties = merged
	}
}

func (c *call) deleteGeneric() answer {
	if !c.s.RemoveResource(c.at.id()) {
		return empty(http.StatusNoContent)
	}
	return empty(http.StatusOK)
}
