package arm

import (
	"context"
	"iter"
	"net/url"
	"strings"
)

const (
	subscriptionVersion = "2022-12-01"
	resourceVersion     = "2021-04-01"
)

// Subscription is one subscription that the identity can see.
type Subscription struct {
	ID    string `json:"subscriptionId"`
	Name  string `json:"displayName"`
	State string `json:"state"` // "Enabled", ...
}

// Resource is one row of a listing: no properties.
type Resource struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	Kind     string            `json:"kind"`
	Location string            `json:"location"`
	Tags     map[string]string `json:"tags"`
}

// Subscriptions lists what the identity can see at all. None is no error.
func (c *Client) Subscriptions(ctx context.Context) ([]Subscription, error) {
	return All[Subscription](ctx, c, Call{ID: "/subscriptions", Version: subscriptionVersion})
}

// Resources lists the resources of a type, such as "Microsoft.Web/connections", within scope: a subscription's or a
// group's id. Only those that the identity may read are in it.
func (c *Client) Resources(ctx context.Context, scope, kind string) iter.Seq2[Resource, error] {
	return c.filtered(ctx, scope, "resourceType eq "+quoted(kind))
}

// ResourcesNamed lists the resources of a type with that name within scope.
func (c *Client) ResourcesNamed(ctx context.Context, scope, kind, name string) iter.Seq2[Resource, error] {
	return c.filtered(ctx, scope, "resourceType eq "+quoted(kind)+" and name eq "+quoted(name))
}

func (c *Client) filtered(ctx context.Context, scope, filter string) iter.Seq2[Resource, error] {
	return List[Resource](ctx, c, Call{ID: scope + "/resources", Version: resourceVersion, Query: url.Values{"$filter": {filter}}})
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
