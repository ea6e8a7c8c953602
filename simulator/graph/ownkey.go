package graph

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/directory"
)

// addKey adds a certificate on the proof of another. Source: https://learn.microsoft.com/graph/api/application-addkey, read 2026-11-25.
func (c *call) addKey(o *object) reply {
	fields, refused := c.readProven(o, "keyCredential", "passwordCredential", "proof")
	if refused != nil {
		return *refused
	}
	written, isMap := fields["keyCredential"].(map[string]any)
	if !isMap {
		return malformed("A key credential is required.")
	}
	delete(written, "keyId") // the service draws it
	spec, valid := readKey(written)
	if !valid || spec.Type != directory.KeyAsymmetric {
		return malformed("Invalid value specified for property 'keyCredential' of resource '%s'.", o.label)
	}
	keys, err := c.s.d.NewKeys(nil, []directory.KeySpec{spec})
	if err != nil {
		return malformed("Key credential is invalid.")
	}
	return c.exclusively(o, func() reply {
		all := append(slices.Clone(o.credentials().Certificates), keys...)
		o.change(c.s.d, func() { c.s.d.ReplaceKeys(o.credentials(), all) })
		doc, _ := keyDocuments(keys, false)[0].(map[string]any)
		doc["@odata.context"] = c.context("microsoft.graph.keyCredential")
		return ok(doc)
	})
}

// removeKey removes a certificate on the proof of one. Source: https://learn.microsoft.com/graph/api/application-removekey, read 2026-11-25.
func (c *call) removeKey(o *object) reply {
	fields, refused := c.readProven(o, "keyId", "proof")
	if refused != nil {
		return *refused
	}
	id, _ := fields["keyId"].(string)
	left := slices.DeleteFunc(slices.Clone(o.credentials().Certificates), func(k *directory.Certificate) bool {
		return strings.EqualFold(k.KeyID, id)
	})
	if len(left) == len(o.credentials().Certificates) {
		return malformed("No key credential found with keyId %s", id)
	}
	return c.exclusively(o, func() reply {
		o.change(c.s.d, func() { c.s.d.ReplaceKeys(o.credentials(), left) })
		return noContent()
	})
}

// readProven reads the body of an action that wants a proof, and judges the proof. An app needs no permission for itself.
func (c *call) readProven(o *object, known ...string) (map[string]any, *reply) {
	fields, refused := c.readBody()
	if refused != nil {
		return nil, refused
	}
	for name := range fields {
		if !slices.Contains(known, name) {
			r := malformed("The parameter '%s' in the request payload is not a valid parameter for this operation.", name)
			return nil, &r
		}
	}
	if !strings.EqualFold(c.id.AppID, o.appID()) && !c.mayWrite(o) {
		r := denied()
		return nil, &r
	}
	proof, _ := fields["proof"].(string)
	if !c.s.d.Proves(proof, o.credentials(), o.id()) {
		r := failure(http.StatusUnauthorized, "Authentication_MissingOrMalformed", "The proof of possession is invalid.")
		return nil, &r
	}
	return fields, nil
}
