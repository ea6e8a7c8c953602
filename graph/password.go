package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"keyturn/credential"
	"keyturn/problem"
	"keyturn/secret"
)

// Holder is the object that a password sits on.
type Holder struct {
	Kind credential.Holder
	ID   string // object id
}

// path is that of the object, or of one of its actions.
func (h Holder) path(action string) string {
	room := "/v1.0/applications/"
	if h.Kind == credential.OnServicePrincipal {
		room = "/v1.0/servicePrincipals/"
	}
	if action == "" {
		return room + url.PathEscape(h.ID)
	}
	return room + url.PathEscape(h.ID) + "/" + action
}

func (h Holder) subject() string {
	if h.Kind == credential.OnServicePrincipal {
		return "service principal " + h.ID
	}
	return "app registration " + h.ID
}

// NewPassword is what a password is to be.
type NewPassword struct {
	DisplayName string
	End         time.Time // its start is the directory's own now
}

// Added is a password just made, with the only copy of its value.
type Added struct {
	Password
	Value secret.Value
}

// UnmarshalJSON takes the value out of the answer without leaving it anywhere as text.
func (a *Added) UnmarshalJSON(text []byte) error {
	if err := json.Unmarshal(text, &a.Password); err != nil {
		return err
	}
	var shown struct {
		Text string `json:"secretText"`
	}
	err := json.Unmarshal(text, &shown)
	a.Value = secret.New(shown.Text)
	return err
}

// AddPassword makes one password. The request is sent once: an error with Doubtful set means that the password may
// exist under its display name. NOT safe to repeat.
// Source: https://learn.microsoft.com/graph/api/application-addpassword (read 2026-11-22).
func (c *Client) AddPassword(ctx context.Context, on Holder, p NewPassword) (Added, error) {
	body := map[string]any{"passwordCredential": map[string]any{
		"displayName": p.DisplayName, "endDateTime": p.End.UTC().Format(time.RFC3339),
	}}
	var made Added
	err := c.do(ctx, call{method: http.MethodPost, path: on.path("addPassword"), body: body, subject: on.subject()}, &made)
	if err == nil && (made.KeyID == "" || made.Value.IsZero()) {
		err = &problem.Error{
			Class: problem.Retry, Code: problem.Unreachable, Subject: on.subject(), Doubtful: true,
			Message: "the answer to the new password lacks its id or its value",
		}
	}
	return made, err
}

// RemovePassword removes the password with that key id. The request is sent once; safe to repeat. A key id that this
// replica doesn't know is refused with status 400: gone, or not yet known there.
// Source: https://learn.microsoft.com/graph/api/application-removepassword (read 2026-11-22).
func (c *Client) RemovePassword(ctx context.Context, on Holder, keyID string) error {
	return c.do(ctx, call{
		method: http.MethodPost, path: on.path("removePassword"), body: map[string]string{"keyId": keyID}, subject: on.subject(),
	}, nil)
}
