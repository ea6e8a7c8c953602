package arm

import (
	"context"
	"fmt"
	"strings"

	"keyturn/check"
	"keyturn/problem"
)

// CheckRights says whether we may do all of actions with the resource at scope, naming each that is missing and the
// smallest grant that mends it. id and subject are the check's. It changes nothing.
func (c *Client) CheckRights(ctx context.Context, id, subject, scope string, actions ...string) check.Check {
	allowed, err := c.Permissions(ctx, scope)
	if err != nil {
		return unread(id, subject, "what we may do there", err)
	}
	missing := allowed.Missing(actions...)
	if len(missing) == 0 {
		return check.Pass(id, subject, "allowed: "+strings.Join(actions, ", "))
	}
	list := strings.Join(missing, ", ")
	return check.Fail(id, subject, problem.Denied, "missing: "+list+" on "+scope,
		"grant "+list+" on "+scope+"; keyturn doctor --script prints the commands",
		check.Grant{Kind: check.CustomRole, Name: "Keyturn " + subject, Scope: scope, Actions: missing})
}

// CheckLock says whether a lock on the resource or above it forbids writing. It changes nothing.
func (c *Client) CheckLock(ctx context.Context, id, subject, scope string) check.Check {
	locks, err := c.Locks(ctx, scope)
	if err != nil {
		return unread(id, subject, "the locks", err)
	}
	for _, lock := range locks {
		if lock.StopsWrites() {
			return check.Fail(id, subject, problem.Locked,
				fmt.Sprintf("the ReadOnly lock %q forbids writing: %s", lock.Name, lock.ID),
				"remove the lock for the time of the renewal: az lock delete --ids "+lock.ID)
		}
	}
	return check.Pass(id, subject, "no lock forbids writing")
}

// unread: a right to read rights is no precondition, so its absence leaves the question open.
func unread(id, subject, what string, err error) check.Check {
	return check.Unsure(id, subject, what+" can't be read ("+problem.Of(err).Message+"), so it is known only when tried")
}
