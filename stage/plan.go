package stage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
)

// Request is what a person may say about one renewal.
type Request struct {
	Replace     string // key id of the password to replace, or policy.None; "" = found by proof
	MakeRoom    string // key id of the password that may go first when the app is full
	ByPerson    bool   // somebody asked for it now: no maintenance window holds its beginning
	AskedBy     string // who that was, as the audit log names them; "" = nobody said
	AskedAs     string // who that was, for good; "" = nobody said
	Emergency   bool   // the password in use has leaked: the shortest safe overlap, held by no window, freeze or approval
	RevokeFirst bool   // with Emergency: remove it before anything else, although consumers fail until the new one is delivered
	Reuse       bool   // issue nothing: spread the value that the custodian holds
	Adopt       bool   // as Reuse, and go on with the renewal that the custodian's tags tell of
	// Known returns where the attempt of a mark, "<run>.<n>", stands in this store; "" = it is no row of it. nil = none is.
	Known func(tag string) renewal.AttemptState
	// Proven reports whether an open run of this store has brought what a place shows everywhere: its value is
	// known to sign in, and by one more sign-in of ours the reports would seem to show a consumer's. nil = none has.
	Proven func(place string, standing target.Standing) bool
	// Delivered returns the key id that this store delivered with the custodian's receipt; "" = not known. nil = none.
	Delivered func(target, receipt string) string
}

// Plan is what one renewal would do, with everything that it was decided from. Making one changes nothing anywhere.
type Plan struct {
	App      string
	ClientID string
	At       time.Time
	Found    credential.App
	Due      policy.Dueness
	Replaced policy.Replacement
	Ending   policy.Ending
	Keeping  policy.Keeping
	Permit   policy.Permission // whether it may begin at once
	Checks   []check.Check     // in the order doctor shows them
	Foreign  []credential.Credential
	Effects  []Effect
	Order    renewal.Order
	Retires  string
	Requests int // the most that carrying it out sends up to the overlap when nothing fails; making it not included
}

// Effect is one thing that the renewal will change.
type Effect struct {
	Number int    `json:"number"`
	What   string `json:"what"`
	Where  string `json:"where"`
	When   string `json:"when"`
}

// MakePlan reads everything that decides a renewal and says what it would do. It returns a plan even when something
// stands in the way: see [Plan.Obstacle].
func MakePlan(ctx context.Context, s Setup, r Request, now func() time.Time) (Plan, error) {
	seen, err := read(ctx, s, r)
	if err != nil {
		return Plan{}, err
	}
	return decide(s, r, seen, now()), nil
}

// decide is pure: what was read and asked for gives the plan.
func decide(s Setup, r Request, seen *reading, now time.Time) Plan {
	if r.Emergency {
		s.Policy.Overlap, seen.recurrences = policy.InEmergency(), nil
	}
	in := seen.input(s, r, now)
	replaced := policy.Replaced(in)
	in.InUse = replaced.KeyID
	if replaced.KeyID == "" {
		in.Replace = policy.None
	}
	p := Plan{
		App: s.App, ClientID: s.ClientID, At: now, Found: seen.app, Checks: seen.checks,
		Replaced: replaced, Due: policy.Due(in), Ending: policy.End(in), Keeping: policy.OverlapOf(in), Retires: replaced.KeyID,
	}
	p.Order = order(s, seen, p)
	p.Order.ByPerson, p.Order.Emergency, p.Order.Person = r.ByPerson, r.Emergency, s.Person
	p.Order.AskedBy, p.Order.AskedAs = r.AskedBy, r.AskedAs
	p.Permit = policy.Permit(policy.Input{Now: now, Policy: s.Policy, Ends: p.Order.RetiresEnd, Run: renewal.Run{Order: p.Order}})
	switch {
	case r.Reuse || r.Adopt:
		p.reuse(in, r, seen)
	case r.Emergency && r.RevokeFirst:
		p.revokeFirst()
	default:
		p.makeRoom(in, r.MakeRoom)
	}
	p.Foreign = foreign(seen.app, p)
	p.Checks = append(p.Checks, olderStill(p)...)
	p.Checks = append(p.Checks, tooEarly(p)...)
	p.Checks = append(p.Checks, oddMarks(r, seen.app, s.App)...)
	for i := range p.Checks {
		p.Checks[i].Fix = problem.Name(p.Checks[i].Fix, s.App, "")
	}
	p.Effects = effects(s, p)
	p.Requests = requests(s, p)
	return p
}

func order(s Setup, seen *reading, p Plan) renewal.Order {
	o := renewal.Order{
		Custodian: seen.custodian, Found: seen.standing.Receipt, End: p.Ending.At,
		Successes: s.Policy.Settle.Successes, Over: s.Policy.Settle.Over,
		Overlap: p.Keeping.Overlap, ReportLag: p.Keeping.ReportLag, Evidence: s.Policy.Overlap.Evidence,
		Expired: p.Replaced.Expired, Description: p.Found.Name,
	}
	if o.Expired {
		o.Over = 0 // consumers fail as it is: the first round of sign-ins that all succeed is enough
	}
	for _, t := range s.Targets {
		o.Targets = append(o.Targets, t.Place().ID)
	}
	if old, ok := p.Found.Find(p.Retires); ok {
		o.RetiresEnd = old.End
		if words := renewal.Description(old.DisplayName); words != "" {
			o.Description = words
		}
	}
	if paced, ok := s.Issuer.(issuer.Paced); ok {
		o.Linger, o.Spread = paced.Pace().Linger, paced.Pace().Spread
	}
	if p.Ending.Cut {
		o.Notes = append(o.Notes, p.Ending.Text)
	}
	return o
}

// revokeFirst names the password in use as the one that goes first. Consumers fail from then on, so nothing is spread
// over time.
func (p *Plan) revokeFirst() {
	p.Order.RoomKeyID, p.Order.Over = p.Retires, 0
}

// makeRoom names the password that goes first when the app holds as many as it may: one that a person named, or the one
// replaced when it has expired, since nobody can be using it.
func (p *Plan) makeRoom(in policy.Input, named string) {
	limit := p.Found.MaxPasswords()
	if limit == 0 || len(p.Found.Passwords()) < limit {
		return
	}
	if named != "" {
		p.roomAsNamed(in, named)
		return
	}
	if old, ok := p.Found.Find(p.Retires); ok && old.Expired(in.Now) {
		p.Order.RoomKeyID = old.KeyID
		return
	}
	p.Checks = append(p.Checks, check.Fail("credential.room", p.App, problem.Full,
		fmt.Sprintf("the app holds %d secrets, as many as it may, so a new one can't be added beside the old", limit),
		"name one that nobody uses, which is then removed first: keyturn renew "+p.App+" --make-room SECRET-ID"))
}

// roomAsNamed follows a person's word, unless it names nothing, or the secret in use: every consumer would fail from then
// until the new one is everywhere.
func (p *Plan) roomAsNamed(in policy.Input, named string) {
	held, ok := p.Found.Find(named)
	switch {
	case !ok || held.Kind != credential.Password:
		p.Checks = append(p.Checks, check.Fail("credential.room", p.App, problem.NotFound, "the application has no secret with Secret ID "+named+" to remove first",
			"name one of its secrets with --make-room SECRET-ID; keyturn scan lists them"))
	case !held.Expired(in.Now) && p.inUse(in, held.KeyID):
		p.Checks = append(p.Checks, check.Fail("credential.room", p.App, problem.Full, "secret "+held.KeyID+" is the one in use: were it removed first, every sign-in would fail until the new one is everywhere",
			"name another one with --make-room SECRET-ID"))
	default:
		p.Order.RoomKeyID = held.KeyID
	}
}

// inUse reports whether a secret is the one that this renewal replaces, or the one whose value the custodian holds.
func (p *Plan) inUse(in policy.Input, keyID string) bool {
	if keyID == p.Retires {
		return true
	}
	return in.Held.SignsIn && slices.ContainsFunc(p.Replaced.Candidates, func(c policy.Candidate) bool { return c.KeyID == keyID && c.Fits })
}

// foreign lists the passwords that the plan leaves alone.
func foreign(app credential.App, p Plan) []credential.Credential {
	var found []credential.Credential
	for _, c := range app.Passwords() {
		if c.KeyID != p.Retires && c.KeyID != p.Order.RoomKeyID {
			found = append(found, c)
		}
	}
	return found
}

// oddMarks warns of passwords that bear a Keyturn's mark and shouldn't be there: another Keyturn made them, or this store
// was lost; or what this store took for never made, or for gone, is there after all.
func oddMarks(r Request, app credential.App, name string) []check.Check {
	var found []check.Check
	for _, c := range app.Passwords() {
		tag, marked := renewal.Marked(c.DisplayName)
		if !marked {
			continue
		}
		state := renewal.AttemptState("")
		if r.Known != nil {
			state = r.Known(tag)
		}
		switch state {
		case "":
			found = append(found, check.Warn("credential.mark", "secret "+c.KeyID, "mark.unknown",
				fmt.Sprintf("made by a Keyturn whose store isn't this one (%q)", c.DisplayName),
				"if another machine renews this app, leave it to that one; if this store was lost: keyturn adopt "+name))
		case renewal.AttemptVoid, renewal.AttemptRemoved:
			found = append(found, check.Warn("credential.mark", "secret "+c.KeyID, "mark.late",
				fmt.Sprintf("was asked for by this Keyturn, and shown only long after it was taken for never made or gone (%q): nobody has its value", c.DisplayName),
				"remove it in the portal, under the app's Certificates & secrets"))
		}
	}
	return found
}

// Obstacle returns what stops this plan, or nil when it may be carried out. What needs a person comes first; a problem of
// class Retry stops it for now.
func (p Plan) Obstacle() error {
	failed := check.Failed(p.Checks)
	lasting := slices.IndexFunc(failed, func(c check.Check) bool { return !c.Passing })
	switch {
	case lasting >= 0:
		return problem.NeedsPerson(failed[lasting].Code, failed[lasting].Subject, failed[lasting].Message, failed[lasting].Fix)
	case p.Ending.Blocked && !p.Order.Reuse:
		return problem.NeedsPerson(problem.Blocked, p.App, p.Ending.Text, p.Ending.Fix)
	case !p.Replaced.Decided && !p.Order.Reuse:
		return problem.NeedsPerson(string(p.Replaced.Code), p.App, p.Replaced.Text, p.Replaced.Fix)
	case len(failed) > 0:
		c := failed[0]
		return &problem.Error{Class: problem.Retry, Code: c.Code, Subject: c.Subject, Message: c.Message, Fix: c.Fix}
	}
	return nil
}
