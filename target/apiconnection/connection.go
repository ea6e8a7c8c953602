package apiconnection

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"keyturn/arm"
)

// connection is what Azure shows of one. Secrets are never among it.
type connection struct {
	Kind       string            `json:"kind"` // "V1", "V2" or absent
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	Properties properties        `json:"properties"`
}

// Whole holds for what is a connection at all: one of no API would be written back as one of no API.
func (c *connection) Whole() bool { return c.Properties.API.ID != "" }

type properties struct {
	DisplayName string         `json:"displayName"`
	API         api            `json:"api"`
	Custom      map[string]any `json:"customParameterValues"`
	Visible     map[string]any `json:"nonSecretParameterValues"`
	Values      map[string]any `json:"parameterValues"` // usually empty, whatever was put
	ValueType   string         `json:"parameterValueType"`
	Alternative map[string]any `json:"alternativeParameterValues"`
	Set         *valueSet      `json:"parameterValueSet"`
	User        map[string]any `json:"authenticatedUser"`
	Statuses    []status       `json:"statuses"`
	Changed     string         `json:"changedTime"`
}

type api struct {
	ID string `json:"id"`
}

// status is what Azure believes of the sign-in. That it is well says nothing about a secret.
type status struct {
	Error struct {
		Code string `json:"code"`
	} `json:"error"`
}

// valueSet is how connectors that know several ways to sign in keep their settings.
type valueSet struct {
	Name   string              `json:"name"`
	Values map[string]setValue `json:"values"`
}

type setValue struct {
	Value any `json:"value,omitempty"`
}

// receipt is when the connection was last changed: the only trace that a write leaves.
func (c connection) receipt() string { return arm.Instant(c.Properties.Changed) }

// connector is the kind of service connected to, such as "keyvault". Templates write some ids without a slash in front.
func (c connection) connector() string {
	parts := strings.Split(strings.Trim(c.Properties.API.ID, "/"), "/")
	return strings.ToLower(parts[len(parts)-1])
}

// shown returns every setting that Azure shows.
func (c connection) shown() map[string]any {
	shown := map[string]any{}
	if set := c.Properties.Set; set != nil {
		for name, v := range set.Values {
			if v.Value != nil {
				shown[name] = v.Value
			}
		}
	}
	maps.Copy(shown, c.Properties.Values)
	maps.Copy(shown, c.Properties.Visible)
	return shown
}

// rewritten is the body that puts the connection with these settings, as found otherwise. What Azure only reports
// (times, states, links) isn't sent back.
func (c connection) rewritten(settings map[string]any) any {
	inner := map[string]any{
		"displayName": c.Properties.DisplayName,
		"api":         map[string]any{"id": c.Properties.API.ID},
	}
	if c.Properties.Custom != nil {
		inner["customParameterValues"] = c.Properties.Custom
	}
	if set := c.Properties.Set; set != nil {
		values := map[string]setValue{}
		for name, value := range settings {
			values[name] = setValue{Value: value}
		}
		inner["parameterValueSet"] = valueSet{Name: set.Name, Values: values}
	} else {
		inner["parameterValues"] = settings
	}
	outer := map[string]any{"location": c.Location, "properties": inner}
	if c.Kind != "" {
		outer["kind"] = c.Kind
	}
	if c.Tags != nil {
		outer["tags"] = c.Tags
	}
	return outer
}

// awaitsConsent reports whether Azure waits for a person to sign in to the connection.
func (c connection) awaitsConsent() bool {
	return slices.ContainsFunc(c.Properties.Statuses, func(s status) bool { return strings.EqualFold(s.Error.Code, "Unauthenticated") })
}

// lookup finds a setting without letter case: templates write token:TenantId, some connectors token:tenantId.
func lookup(settings map[string]any, name string) (string, bool) {
	for key, value := range settings {
		if strings.EqualFold(key, name) {
			return fmt.Sprint(value), true
		}
	}
	return "", false
}
