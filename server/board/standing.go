package board

import (
	"time"

	"keyturn/config"
	"keyturn/renewal"
	"keyturn/store"
)

// Standing is where an application stands, in one word.
type Standing string

const (
	Expired  Standing = "expired"  // the secret in use is past its end
	Person   Standing = "person"   // somebody must act before anything goes on
	Due      Standing = "due"      // it is time to renew it
	Renewing Standing = "renewing" // a renewal is under way
	Unknown  Standing = "unknown"  // nobody has looked yet
	Fine     Standing = "fine"     // nothing is to be done
	Excluded Standing = "excluded" // somebody else takes care of it
)

// Standings lists all of them, what needs a person first.
func Standings() []Standing {
	return []Standing{Expired, Person, Due, Renewing, Unknown, Fine, Excluded}
}

var urgency = map[Standing]int{Expired: 0, Person: 1, Due: 2, Renewing: 3, Unknown: 4, Fine: 5, Excluded: 6}

// Application is where one application stands.
type Application struct {
	App      string          `json:"app" doc:"Its name in keyturn.yaml"`
	Name     string          `json:"name,omitempty" doc:"The app registration's display name"`
	ClientID string          `json:"clientId" doc:"The app registration's Application (client) ID"`
	Standing Standing        `json:"standing" enum:"expired,person,due,renewing,unknown,fine,excluded" doc:"Where it stands, in one word"`
	Text     string          `json:"text" doc:"Why, in a sentence"`
	Code     string          `json:"code,omitempty" doc:"Why, as a stable code, where a person must act"`
	Fix      string          `json:"fix,omitempty" doc:"What a person does next"`
	Expires  time.Time       `json:"expires,omitzero" doc:"When the secret in use ends"`
	Next     time.Time       `json:"next,omitzero" doc:"When something is to happen"`
	Run      string          `json:"run,omitempty" doc:"Its newest renewal"`
	State    renewal.State   `json:"state,omitempty" doc:"Where that stands"`
	Door     renewal.Door    `json:"door,omitempty" doc:"Why it stands still: retry, wait or person"`
	Outcome  renewal.Outcome `json:"outcome,omitempty" doc:"How it ended"`
	Renewed  time.Time       `json:"renewed,omitzero" doc:"When a new secret was last brought everywhere"`
	ProvenAt time.Time       `json:"provenAt,omitzero" doc:"When every place was last proven to work"`
	Places   int             `json:"places" doc:"How many places hold the secret"`
	Seen     time.Time       `json:"seen,omitzero" doc:"When the tenant was last asked about it"`
}

// facts are what is known of one application.
type facts struct {
	app     config.Application
	run     renewal.Run // the newest; zero = there never was one
	finding store.Finding
	seen    store.Sighting // zero = nobody has looked yet
}

// stand judges where an application stands at that time.
func (f facts) stand(now time.Time) Application {
	a := Application{App: f.app.Name, ClientID: f.app.ClientID, Places: len(f.app.Targets)}
	a.follow(f.run)
	open := f.run.ID != "" && !f.run.State.Ended()
	if !open && f.app.Excluded != "" {
		a.Standing, a.Text = Excluded, f.app.Excluded
		return a
	}
	if !open && !a.Expires.IsZero() {
		a.Next = a.Expires.Add(-f.app.Policy.RenewBefore.Of(f.app.Policy.Lifetime))
	}
	a.look(f.seen, open)
	a.judge(now, open, f.seen)
	if open && f.run.Door == renewal.Person {
		a.Standing, a.Text, a.Code, a.Fix = Person, f.run.Reason.Text, f.run.Reason.Code, f.run.Reason.Fix
	} else if !open && f.finding.App != "" {
		a.blame(f.finding)
	}
	return a
}

// look takes over what the last look at the tenant saw, where that is younger than what the newest renewal did.
func (a *Application) look(seen store.Sighting, open bool) {
	a.Name, a.Seen = seen.Name, seen.Seen
	if open || seen.Seen.Before(a.Renewed) {
		return
	}
	if !seen.Expires.IsZero() {
		a.Expires = seen.Expires
	}
	if !seen.DueAt.IsZero() {
		a.Next = seen.DueAt
	}
}

// follow takes over what the newest run tells.
func (a *Application) follow(run renewal.Run) {
	a.Run, a.State, a.Door, a.Outcome, a.Renewed, a.ProvenAt = run.ID, run.State, run.Door, run.Outcome, run.DeliveredAt, run.VerifiedAt
	a.Expires = run.InUseEnds()
	if run.ID != "" && !run.State.Ended() {
		a.Next = run.WakeAt
		a.Text = run.Reason.Text
	}
}

// judge says how dates stand.
func (a *Application) judge(now time.Time, open bool, seen store.Sighting) {
	switch {
	case !a.Expires.IsZero() && !now.Before(a.Expires):
		a.Standing, a.Text = Expired, "the secret in use has expired"
	case open:
		a.Standing = Renewing
		if a.Text == "" {
			a.Text = "its renewal is " + string(a.State)
		}
	case seen.State == store.SightingUnclear:
		a.Standing, a.Text = Unknown, seen.Text
	case a.Expires.IsZero():
		a.Standing, a.Text = Unknown, "nobody has looked at it yet"
	case !a.Next.After(now):
		a.Standing, a.Text = Due, "it is time to renew the secret"
	default:
		a.Standing, a.Text = Fine, "nothing is to be done before "+a.Next.UTC().Format(time.DateOnly)
	}
}

// blame says what keeps the application from being renewed.
func (a *Application) blame(finding store.Finding) {
	if a.Standing != Expired {
		a.Standing = Person
	}
	a.Text, a.Code, a.Fix = finding.Text, finding.Code, finding.Fix
}
