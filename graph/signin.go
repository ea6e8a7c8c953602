package graph

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
	"strings"
	"time"

	"keyturn/cloud"
)

// SignIn is one line of the sign-in log.
// Source: https://learn.microsoft.com/graph/api/resources/signin?view=graph-rest-beta (read 2026-11-22).
type SignIn struct {
	Created  Instant `json:"createdDateTime"`
	AppID    string  `json:"appId"`
	Resource string  `json:"resourceId"` // client id of the service, or its object id
	KeyID    string  `json:"servicePrincipalCredentialKeyId"`
	Status   struct {
		Code int `json:"errorCode"`
	} `json:"status"`
}

// Kinds of sign-ins that the log keeps apart. Without naming one, it shows interactive ones only.
const (
	ByServicePrincipal = "servicePrincipal"
	ByUserUnseen       = "nonInteractiveUser"
)

// SignIns walks the sign-ins of one app since a time, newest first. Needs AuditLog.Read.All and Entra ID P1 or P2; only
// the beta version names the key id. It lags for hours, and so do other reports: they give way to all other requests.
func (c *Client) SignIns(ctx context.Context, clientID, kind string, since time.Time) iter.Seq2[SignIn, error] {
	filter := "appId eq " + quoted(clientID) + " and createdDateTime ge " + since.UTC().Format(time.RFC3339) +
		" and signInEventTypes/any(t: t eq " + quoted(kind) + ")"
	return list[SignIn](cloud.Background(ctx), c, "/beta/auditLogs/signIns?"+encode(url.Values{"$filter": {filter}, "$top": {"999"}}),
		"the sign-in log")
}

// encode writes a query as Graph reads it everywhere: dollar signs as they are, blanks as %20.
func encode(query url.Values) string {
	return strings.ReplaceAll(strings.ReplaceAll(query.Encode(), "+", "%20"), "%24", "$")
}

// Instant is a time in a report. Reports of Graph have been seen with malformed ones; those are the zero time, "unknown".
type Instant struct{ time.Time }

// UnmarshalJSON never fails.
func (i *Instant) UnmarshalJSON(text []byte) error {
	var written string
	if json.Unmarshal(text, &written) != nil {
		return nil //nolint:nilerr // unknown is a value here
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700"} {
		if parsed, err := time.Parse(layout, written); err == nil {
			i.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}
