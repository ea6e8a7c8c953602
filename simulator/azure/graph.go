package azure

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"keyturn/simulator/azure/kusto"
	"keyturn/simulator/azure/role"
)

// graphAsk is the body of a Resource Graph query.
type graphAsk struct {
	Subscriptions []string `json:"subscriptions"`
	Query         string   `json:"query"`
	Options       struct {
		Top       int    `json:"$top"`
		Skip      int    `json:"$skip"`
		SkipToken string `json:"$skipToken"`
		Format    string `json:"resultFormat"`
	} `json:"options"`
}

// queryGraph answers a Resource Graph query over what the caller may read.
func (c *call) queryGraph() answer {
	var in graphAsk
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	if strings.TrimSpace(in.Query) == "" {
		return invalidQuery("Query must not be empty.")
	}
	rows, err := kusto.Run(in.Query, map[string][]kusto.Row{
		"resources": c.graphResources(in), "resourcecontainers": c.graphContainers(in), "authorizationresources": c.graphAuthorization(in),
	})
	if err != nil {
		return invalidQuery(err.Error())
	}
	a := graphPage(in, rows)
	return a.withHeader("x-ms-user-quota-remaining", "14").withHeader("x-ms-user-quota-resets-after", "00:00:05")
}

func invalidQuery(why string) answer {
	return answer{status: http.StatusBadRequest, body: envelope{errorDetail{
		Code: "BadRequest", Message: "Please provide below info when asking for support: the request id.",
		Details: []errorDetail{{Code: "InvalidQuery", Message: "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the error before retrying."}, {Code: "ParserFailure", Message: why}},
	}}}
}

func graphPage(in graphAsk, rows []kusto.Row) answer {
	from := in.Options.Skip
	if n, err := strconv.Atoi(in.Options.SkipToken); err == nil && n > 0 {
		from = n
	}
	from = min(max(from, 0), len(rows))
	size := in.Options.Top
	if size < 1 || size > mostOnPage {
		size = mostOnPage
	}
	to := min(from+size, len(rows))
	body := map[string]any{"totalRecords": len(rows), "count": to - from, "facets": []any{}, "resultTruncated": "false", "data": rows[from:to]}
	if to < len(rows) {
		body["$skipToken"], body["resultTruncated"] = strconv.Itoa(to), "false"
	}
	if strings.EqualFold(in.Options.Format, "table") {
		body["data"] = tableOf(rows[from:to])
	}
	return ok(body)
}

// tableOf is the older result format: columns, then rows of values.
func tableOf(rows []kusto.Row) map[string]any {
	names := []string{}
	for _, r := range rows {
		for name := range r {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	columns, values := []any{}, []any{}
	for _, name := range names {
		columns = append(columns, map[string]any{"name": name, "type": "object"})
	}
	for _, r := range rows {
		one := []any{}
		for _, name := range names {
			one = append(one, r[name])
		}
		values = append(values, one)
	}
	return map[string]any{"columns": columns, "rows": values}
}

// asked lists the subscriptions that the query is about: those named, else all of the caller's tenant.
func (c *call) asked(in graphAsk) []*Subscription {
	var found []*Subscription
	for _, sub := range c.s.subscriptions {
		named := len(in.Subscriptions) == 0 || slices.ContainsFunc(in.Subscriptions, func(id string) bool { return strings.EqualFold(id, sub.ID) })
		if named && strings.EqualFold(sub.Tenant, c.id.Tenant) {
			found = append(found, sub)
		}
	}
	return found
}

func (c *call) graphResources(in graphAsk) []kusto.Row {
	rows := []kusto.Row{}
	for _, sub := range c.asked(in) {
		for _, i := range c.index("/subscriptions/"+sub.ID, everything) {
			rows = append(rows, graphRow(sub, i))
		}
	}
	return rows
}

// graphRow is a resource as Resource Graph knows it: type and group in lower case.
func graphRow(sub *Subscription, i indexed) kusto.Row {
	at := parsePath(i.id)
	row := kusto.Row{
		"id": i.id, "name": i.name, "type": strings.ToLower(i.typeName), "tenantId": sub.Tenant, "kind": i.kind, "location": i.location,
		"resourceGroup": strings.ToLower(at.group), "subscriptionId": sub.ID, "managedBy": "", "sku": nil, "plan": nil, "properties": i.properties(),
		"tags": nil, "identity": nil, "zones": nil, "extendedLocation": nil,
	}
	if i.sku != nil {
		row["sku"] = i.sku
	}
	if i.identity != nil {
		row["identity"] = i.identity
	}
	if i.tags != nil {
		row["tags"] = i.tags
	}
	return row
}

func (c *call) graphContainers(in graphAsk) []kusto.Row {
	rows := []kusto.Row{}
	for _, sub := range c.asked(in) {
		scope := "/subscriptions/" + sub.ID
		if c.s.roles.Touches(c.id.ObjectID, scope, c.now) {
			rows = append(rows, kusto.Row{"id": scope, "name": sub.Name, "type": "microsoft.resources/subscriptions", "tenantId": sub.Tenant, "subscriptionId": sub.ID})
		}
		for _, g := range sub.Groups {
			id := groupID(sub.ID, g.Name)
			if c.s.roles.Touches(c.id.ObjectID, id, c.now) && role.Covers(scope, id) {
				rows = append(rows, kusto.Row{
					"id": id, "name": g.Name, "type": "microsoft.resources/subscriptions/resourcegroups", "tenantId": sub.Tenant, "subscriptionId": sub.ID,
					"location": g.Location, "resourceGroup": strings.ToLower(g.Name), "tags": g.Tags,
				})
			}
		}
	}
	return rows
}

// graphAuthorization is who may do what: assignments that the caller may read, and all roles.
// Source: learn.microsoft.com/azure/governance/resource-graph/reference/supported-tables-resources, read 2026-11-26.
func (c *call) graphAuthorization(in graphAsk) []kusto.Row {
	rows := []kusto.Row{}
	for _, sub := range c.asked(in) {
		for _, a := range c.s.roles.Assignments() {
			mayRead := c.s.roles.Permits(c.id.ObjectID, assignmentType+"/read", a.Scope, c.now)
			if mayRead && role.Covers("/subscriptions/"+sub.ID, a.Scope) {
				rows = append(rows, authorizationRow(sub, c.assignmentBody(a)))
			}
		}
	}
	for _, d := range c.s.roles.Definitions() {
		rows = append(rows, authorizationRow(&Subscription{Tenant: c.id.Tenant}, c.definitionBody(d)))
	}
	return rows
}

func authorizationRow(sub *Subscription, body map[string]any) kusto.Row {
	return kusto.Row{
		"id": body["id"], "name": body["name"], "type": strings.ToLower(body["type"].(string)), "tenantId": sub.Tenant, "subscriptionId": sub.ID,
		"resourceGroup": "", "location": "", "kind": "", "properties": body["properties"],
	}
}
