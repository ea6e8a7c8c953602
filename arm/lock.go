package arm

import (
	"context"
	"net/url"
	"strings"
)

const lockVersion = "2016-09-01"

// Lock is a management lock that bears on a resource.
type Lock struct {
	ID    string // tells where it sits: on the resource, its group or its subscription
	Name  string
	Level string // "ReadOnly" or "CanNotDelete"
	Notes string
}

// StopsWrites reports whether the lock forbids changing the resource.
func (l Lock) StopsWrites() bool { return strings.EqualFold(l.Level, "ReadOnly") }

// Locks reads the locks on a resource and above it.
// Source: https://learn.microsoft.com/rest/api/resources/management-locks (read 2026-11-22).
func (c *Client) Locks(ctx context.Context, id string) ([]Lock, error) {
	type row struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		Properties struct {
			Level string `json:"level"`
			Notes string `json:"notes"`
		} `json:"properties"`
	}
	rows, err := All[row](ctx, c, Call{
		ID: id + "/providers/Microsoft.Authorization/locks", Version: lockVersion, Query: url.Values{"$filter": {"atScope()"}},
	})
	if err != nil {
		return nil, err
	}
	locks := make([]Lock, 0, len(rows))
	for _, r := range rows {
		locks = append(locks, Lock{ID: r.ID, Name: r.Name, Level: r.Properties.Level, Notes: r.Properties.Notes})
	}
	return locks, nil
}
