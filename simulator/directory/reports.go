package directory

import (
	"slices"
	"strings"
	"time"
)

// The reports keep this many sign-ins; older ones go first.
const keptSignIns = 200_000

// reports remember sign-ins the way Microsoft's two reports show them: late.
type reports struct {
	lag, auditLag time.Duration
	activities    map[activityKey]*Activity
	order         []*Activity
	signIns       []SignInRecord
	audits        []Audit
}

type activityKey struct{ keyID, resource string }

// Activity is one row of the credential report: one key id at one resource.
type Activity struct {
	ID, KeyID     string
	Application   string // app id
	ResourceAppID string
	Tenant        string
	Certificate   bool
	OnPrincipal   bool
	Expires       time.Time
	// Request is the id of the newest sign-in.
	Request string

	uses []time.Time // newest last; only the newest of those that are visible is kept
}

// SignInRecord is one sign-in, good or bad.
type SignInRecord struct {
	ID, CorrelationID string
	Time              time.Time
	Tenant, AppID     string
	AppName, ObjectID string
	ResourceAppID     string
	KeyID, Thumbprint string
	UserName          string
	Code              int
	Text              string
	Consumer          string
}

// LastUse is the newest use that the report shows at now, given its lag; zero when it shows none.
func (a *Activity) LastUse(now time.Time, lag time.Duration) time.Time {
	horizon := now.Add(-lag)
	for _, t := range slices.Backward(a.uses) {
		if !t.After(horizon) {
			return t
		}
	}
	return time.Time{}
}

// use adds a use; uses less than a second apart count as one.
func (a *Activity) use(at time.Time, lag time.Duration) {
	if n := len(a.uses); n > 0 && at.Sub(a.uses[n-1]) < time.Second {
		return
	}
	a.uses = append(a.uses, at)
	horizon := at.Add(-lag)
	for len(a.uses) > 1 && !a.uses[1].After(horizon) {
		a.uses = a.uses[1:]
	}
}

// Activities are the rows of the credential report of a tenant that are visible now, with the time of the newest use; app,
// unless it is "", chooses those of one app.
func (d *Directory) Activities(t *Tenant, app string) []Activity {
	var rows []Activity
	for _, a := range d.reports.order {
		if app != "" && !strings.EqualFold(a.Application, app) {
			continue
		}
		if last := a.LastUse(d.w.Now(), d.reports.lag); a.Tenant == t.ID && !last.IsZero() {
			row := *a
			row.uses = []time.Time{last}
			rows = append(rows, row)
		}
	}
	return rows
}

// keptActivity is how long after its newest use a credential stays in the report.
const keptActivity = 180 * 24 * time.Hour

// forgetActivities drops the rows of credentials that were not used for long.
func (d *Directory) forgetActivities(now time.Time) {
	d.reports.order = slices.DeleteFunc(d.reports.order, func(a *Activity) bool {
		old := now.Sub(a.uses[len(a.uses)-1]) > keptActivity
		if old {
			delete(d.reports.activities, activityKey{a.KeyID, a.ResourceAppID})
		}
		return old
	})
}

// Last is the newest use in a row that [Directory.Activities] answered.
func (a *Activity) Last() time.Time {
	if len(a.uses) == 0 {
		return time.Time{}
	}
	return a.uses[len(a.uses)-1]
}

// SignIns are the sign-ins of a tenant that the audit log shows now, newest first.
func (d *Directory) SignIns(t *Tenant) []SignInRecord {
	horizon := d.w.Now().Add(-d.reports.auditLag)
	var list []SignInRecord
	for _, s := range slices.Backward(d.reports.signIns) {
		if s.Tenant == t.ID && !s.Time.After(horizon) {
			list = append(list, s)
		}
	}
	return list
}

// record notes a sign-in for both reports.
func (d *Directory) record(rec SignInRecord, cred credential) {
	rec.ID, rec.CorrelationID = d.w.NewID(), d.w.NewID()
	if len(d.reports.signIns) >= 2*keptSignIns {
		d.reports.signIns = append(d.reports.signIns[:0:0], d.reports.signIns[keptSignIns:]...)
	}
	d.reports.signIns = append(d.reports.signIns, rec)
	if rec.Code != 0 || rec.KeyID == "" {
		return
	}
	key := activityKey{rec.KeyID, rec.ResourceAppID}
	a := d.reports.activities[key]
	if a == nil {
		a = &Activity{
			ID: d.w.NewID(), KeyID: rec.KeyID, Application: rec.AppID, ResourceAppID: rec.ResourceAppID,
			Tenant: rec.Tenant, Certificate: cred.certificate, OnPrincipal: cred.onPrincipal, Expires: cred.end,
		}
		if d.reports.activities == nil {
			d.reports.activities = map[activityKey]*Activity{}
		}
		if len(d.reports.order)%500 == 499 {
			d.forgetActivities(rec.Time)
		}
		d.reports.activities[key] = a
		d.reports.order = append(d.reports.order, a)
	}
	a.use(rec.Time, d.reports.lag)
	a.Request = rec.ID
}
