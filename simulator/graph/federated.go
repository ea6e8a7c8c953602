package graph

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// Limits of federated credentials. Source: https://learn.microsoft.com/graph/api/resources/federatedidentitycredentials-overview, read 2026-11-25.
const (
	mostFederated    = 20
	longestFederated = 600
)

// federated serves the federated credentials of an application, named by id or by name.
func (c *call) federated(a *directory.Application, rest []string) reply {
	switch {
	case len(rest) > 1:
		return c.noSegment(rest[1])
	case len(rest) == 1:
		return c.oneFederated(a, rest[0])
	case c.method == http.MethodPost:
		return c.addFederated(a)
	case c.method != http.MethodGet:
		return notAllowed()
	case !c.mayReadApplications():
		return denied()
	}
	options, refused := c.readOptions("microsoft.graph.federatedIdentityCredential", federatedDocument(directory.Federated{}), largestPage)
	if refused != nil {
		return *refused
	}
	return c.page("applications('"+a.ObjectID+"')/federatedIdentityCredentials", federatedDocuments(a), options)
}

func federatedDocuments(a *directory.Application) []map[string]any {
	docs := []map[string]any{}
	for _, f := range a.Federated {
		docs = append(docs, federatedDocument(f))
	}
	return docs
}

func federatedDocument(f directory.Federated) map[string]any {
	return map[string]any{
		"id": f.ID, "name": f.Name, "issuer": f.Issuer, "subject": f.Subject, "description": orNil(f.Description), "audiences": f.Audiences,
	}
}

func (c *call) oneFederated(a *directory.Application, key string) reply {
	i := slices.IndexFunc(a.Federated, func(f directory.Federated) bool { return strings.EqualFold(f.ID, key) || f.Name == key })
	switch {
	case i < 0:
		return notFound(key)
	case c.method == http.MethodGet && !c.mayReadApplications(), c.method != http.MethodGet && !c.mayWrite(applicationObject(a)):
		return denied()
	}
	switch c.method {
	case http.MethodGet:
		doc := federatedDocument(a.Federated[i])
		doc["@odata.context"] = c.context("applications('" + a.ObjectID + "')/federatedIdentityCredentials/$entity")
		return ok(doc)
	case http.MethodPatch:
		return c.changeFederated(a, i)
	case http.MethodDelete:
		return c.keepFederated(a, slices.Delete(slices.Clone(a.Federated), i, i+1), noContent())
	}
	return notAllowed()
}

func (c *call) addFederated(a *directory.Application) reply {
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	if !c.mayWrite(applicationObject(a)) {
		return denied()
	}
	f := directory.Federated{ID: c.s.w.NewID()}
	if refused := readFederated(&f, fields); refused != nil {
		return *refused
	}
	if r := refusesFederated(f, a.Federated); r != nil {
		return *r
	}
	if len(a.Federated) >= mostFederated {
		return malformed("The number of federated identity credentials exceeds the limit of %d.", mostFederated)
	}
	doc := federatedDocument(f)
	doc["@odata.context"] = c.context("applications('" + a.ObjectID + "')/federatedIdentityCredentials/$entity")
	return c.keepFederated(a, append(slices.Clone(a.Federated), f), made(doc))
}

func (c *call) changeFederated(a *directory.Application, i int) reply {
	fields, refused := c.readBody()
	if refused != nil {
		return *refused
	}
	f := a.Federated[i]
	if name, given := fields["name"]; given && name != f.Name {
		return malformed("Property 'name' is read-only and cannot be set.")
	}
	if refused := readFederated(&f, fields); refused != nil {
		return *refused
	}
	others := slices.Delete(slices.Clone(a.Federated), i, i+1)
	if r := refusesFederated(f, others); r != nil {
		return *r
	}
	return c.keepFederated(a, slices.Insert(others, i, f), noContent())
}

func (c *call) keepFederated(a *directory.Application, list []directory.Federated, done reply) reply {
	return c.exclusively(applicationObject(a), func() reply {
		c.s.d.Change(a, func() { a.Federated = list })
		return done
	})
}

// readFederated reads what a body says into f, and refuses what is missing then.
func readFederated(f *directory.Federated, fields map[string]any) *reply {
	for name, into := range map[string]*string{"name": &f.Name, "issuer": &f.Issuer, "subject": &f.Subject, "description": &f.Description} {
		if text, isText := fields[name].(string); isText {
			*into = text
		}
		if len(*into) > longestFederated || (*into == "" && name != "description") {
			r := malformed("Invalid value specified for property '%s' of resource 'FederatedIdentityCredential'.", name)
			return &r
		}
	}
	if list, isList := fields["audiences"].([]any); isList {
		f.Audiences = nil
		for _, item := range list {
			text, _ := item.(string)
			f.Audiences = append(f.Audiences, text)
		}
	}
	if len(f.Audiences) != 1 || f.Audiences[0] == "" {
		r := malformed("Invalid value specified for property 'audiences' of resource 'FederatedIdentityCredential'.")
		return &r
	}
	return nil
}

// refusesFederated answers what f has in common with others that only one may have.
func refusesFederated(f directory.Federated, others []directory.Federated) *reply {
	for _, other := range others {
		if other.Name == f.Name || other.Issuer == f.Issuer && other.Subject == f.Subject {
			r := failure(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "FederatedIdentityCredential with name %s, or with the "+
				"same issuer and subject, already exists.", other.Name)
			return &r
		}
	}
	return nil
}
