package directory

import (
	"slices"
	"time"
)

// The audit log keeps this many changes; older ones go first.
const keptAudits = 20_000

// Audit is one change of an application or a service principal, as the directory's audit log tells it.
type Audit struct {
	ID, CorrelationID string
	Time              time.Time
	Tenant            string
	Activity          string // as Microsoft names it
	Operation         string // Add, Update or Delete
	Actor             Identity
	TargetID          string
	TargetName        string
	TargetType        string // Application or ServicePrincipal
	// OldKeys and NewKeys describe the credentials before and after; both are nil where none changed.
	OldKeys, NewKeys []string
}

// Note enters a change into the audit log. Hold the world's lock.
func (d *Directory) Note(a Audit) {
	a.ID, a.CorrelationID, a.Time = d.w.NewID(), d.w.NewID(), d.w.Now()
	if len(d.reports.audits) >= 2*keptAudits {
		d.reports.audits = append(d.reports.audits[:0:0], d.reports.audits[keptAudits:]...)
	}
	d.reports.audits = append(d.reports.audits, a)
}

// Audits are the changes in a tenant that the audit log shows now, newest first. Hold the world's lock.
func (d *Directory) Audits(t *Tenant) []Audit {
	horizon := d.w.Now().Add(-d.reports.auditLag)
	var list []Audit
	for _, a := range slices.Backward(d.reports.audits) {
		if a.Tenant == t.ID && !a.Time.After(horizon) {
			list = append(list, a)
		}
	}
	return list
}
