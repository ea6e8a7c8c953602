package inventory

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"keyturn/credential"
)

// State is how a credential stands.
type State string

const (
	Expired     State = "expired"
	Due         State = "due" // ends within the time asked for
	NotYetValid State = "not yet valid"
	Fine        State = "ok"
)

// Row is one credential of the tenant.
type Row struct {
	App      string            `json:"app"`
	ClientID string            `json:"clientId"`
	KeyID    string            `json:"secretId"` // the portal's "Secret ID", or a certificate's id
	Name     string            `json:"description"`
	Kind     credential.Kind   `json:"kind"`
	Holder   credential.Holder `json:"holder"`
	Expires  time.Time         `json:"expires"`
	State    State             `json:"state"`
	// Alone is true for an expired credential beside which the app holds none of its kind that works: something is
	// broken now, unless nobody uses the app any more.
	Alone bool `json:"alone"`
}

// Directory walks what a tenant has; the iterator ends with the first error.
type Directory interface {
	// Applications walks the app registrations with the credentials on each application object.
	Applications(ctx context.Context) iter.Seq2[credential.App, error]
	// ServicePrincipals walks the service principals that hold credentials of their own.
	ServicePrincipals(ctx context.Context) iter.Seq2[credential.App, error]
}

// Scan walks every credential of the tenant, page by page, in no order; see [Sort]. A credential is due when it ends
// within the given time. It changes nothing, and ends with the first error.
func Scan(ctx context.Context, directory Directory, now time.Time, within time.Duration) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, walk := range []func(context.Context) iter.Seq2[credential.App, error]{directory.Applications, directory.ServicePrincipals} {
			for app, err := range walk(ctx) {
				if err != nil {
					yield(Row{}, fmt.Errorf("list the tenant's credentials: %w", err))
					return
				}
				for _, row := range rows(app, now, within) {
					if !yield(row, nil) {
						return
					}
				}
			}
		}
	}
}

func rows(app credential.App, now time.Time, within time.Duration) []Row {
	found := make([]Row, 0, len(app.Credentials))
	for _, c := range app.Credentials {
		row := Row{
			App: app.Name, ClientID: app.ClientID, KeyID: c.KeyID, Name: c.DisplayName, Kind: c.Kind, Holder: c.Holder,
			Expires: c.End, State: StateOf(c, now, within),
		}
		row.Alone = row.State == Expired && !anyWorks(app, c.Kind, now)
		found = append(found, row)
	}
	return found
}

// StateOf says how a credential stands now; within is how long before its end it is due.
func StateOf(c credential.Credential, now time.Time, within time.Duration) State {
	switch {
	case c.Expired(now):
		return Expired
	case c.Start.After(now):
		return NotYetValid
	case c.End.Sub(now) <= within:
		return Due
	}
	return Fine
}

func anyWorks(app credential.App, kind credential.Kind, now time.Time) bool {
	return slices.ContainsFunc(app.Credentials, func(c credential.Credential) bool {
		return c.Kind == kind && !c.Expired(now) && !c.Start.After(now)
	})
}

// Sort puts the worst first: what has expired and left nothing that works, what has expired otherwise, what is due by its
// date, then the rest by date. Of the expired ones the latest comes first, since old ones were long got over.
func Sort(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		if by := cmp.Compare(badness(a), badness(b)); by != 0 {
			return by
		}
		byDate := a.Expires.Compare(b.Expires)
		if a.State == Expired {
			byDate = -byDate
		}
		return cmp.Or(byDate, strings.Compare(strings.ToLower(a.App), strings.ToLower(b.App)), strings.Compare(a.KeyID, b.KeyID))
	})
}

func badness(r Row) int {
	switch {
	case r.State == Expired && r.Alone:
		return 0
	case r.State == Expired:
		return 1
	case r.State == Due:
		return 2
	}
	return 3
}
