// Package guest lets people sign in at Microsoft from the console with rights of their own, for renewals that need them.
// What it holds is in memory alone and ends with the process: a renewal that goes on later asks again.
//
// Start at [Room.Begin].
package guest

import (
	"context"
	"net/url"
	"sync"
	"time"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server/access"
)

// Ask is how a person wants to sign in.
type Ask struct {
	How      problem.Way
	Login    string       // such as admin@contoso.onmicrosoft.com; "" = whoever they say they are at Microsoft
	Password secret.Value // for ByPassword alone; it is forgotten once signed in
}

// Account is who has signed in.
type Account struct {
	Name   string
	Rights []string // delegated permissions of Microsoft Graph, and directory roles
	MFA    bool     // with more than one factor
}

// Opener signs people in.
type Opener interface {
	// Open signs somebody in and keeps what reaches the cloud in their name; it waits for them. show tells them where to
	// go, with the code to type there, if any; back is what their browser came back with.
	Open(ctx context.Context, subject string, ask Ask, show func(address, code string), back <-chan url.Values) (Account, error)
	// Close forgets what Open kept. Safe to repeat.
	Close(subject string)
}

// State is how a sign-in stands.
type State string

const (
	None    State = "none"    // nobody has begun
	Waiting State = "waiting" // for the person, at Microsoft
	Here    State = "here"    // signed in
	Failed  State = "failed"
)

// Visit is one person's sign-in, as it may be shown.
type Visit struct {
	State   State       `json:"state" enum:"none,waiting,here,failed"`
	How     problem.Way `json:"how,omitempty" doc:"browser, device or password"`
	Address string      `json:"address,omitempty" doc:"Where the person signs in"`
	Code    string      `json:"code,omitempty" doc:"What they type there"`
	Account string      `json:"account,omitempty" doc:"Who has signed in"`
	Rights  []string    `json:"rights,omitempty" doc:"With which rights"`
	MFA     bool        `json:"mfa,omitempty" doc:"With more than one factor"`
	Until   time.Time   `json:"until,omitzero" doc:"When it ends, at the latest: with the process it ends too"`
	Reason  string      `json:"reason,omitempty" doc:"Why it failed"`
	Problem string      `json:"problem,omitempty" doc:"Why it failed, as a code"`
	Fix     string      `json:"fix,omitempty" doc:"What to do next"`
}

const (
	// Life is how long a person stays signed in.
	Life = 8 * time.Hour
	// longestShow is how long Begin waits for something to show.
	longestShow = 20 * time.Second
	// patience is how long a person may take at Microsoft.
	patience = 15 * time.Minute
)

// Room is where people are signed in. Everybody has one sign-in of their own.
type Room struct {
	Opener   Opener
	Password bool // whether a password may be typed: only where the configuration allows it and nobody can read it on its way
	Now      func() time.Time

	mu     sync.Mutex
	guests map[string]*guest
}

type guest struct {
	visit Visit
	end   context.CancelFunc
	back  chan url.Values
	shown chan struct{} // closed once there is something to show
	once  sync.Once
}

// Begin signs the person in ctx in, in place of a sign-in of theirs before. It returns what they must do next, or how it
// ended where nothing is.
func (r *Room) Begin(ctx context.Context, ask Ask) (Visit, error) {
	if ask.How == problem.ByPassword && !r.Password {
		return Visit{}, problem.FindKnown("password.refused").Stops("the sign-in", "", "")
	}
	subject := access.From(ctx).Subject
	r.leave(subject)
	inner, end := context.WithTimeout(context.WithoutCancel(ctx), patience)
	g := &guest{visit: Visit{State: Waiting, How: ask.How}, end: end, back: make(chan url.Values, 1), shown: make(chan struct{})}
	r.mu.Lock()
	if r.guests == nil {
		r.guests = map[string]*guest{}
	}
	r.guests[subject] = g
	r.mu.Unlock()
	go r.open(inner, subject, g, ask)
	timer := time.NewTimer(longestShow)
	defer timer.Stop()
	select {
	case <-g.shown:
	case <-timer.C:
	case <-ctx.Done():
	}
	return r.See(ctx), nil
}

// open lets the opener work, and keeps how it ended.
func (r *Room) open(ctx context.Context, subject string, g *guest, ask Ask) {
	defer g.end()
	defer g.once.Do(func() { close(g.shown) })
	account, err := r.Opener.Open(ctx, subject, ask, func(address, code string) {
		r.change(g, func(v *Visit) { v.Address, v.Code = address, code })
		g.once.Do(func() { close(g.shown) })
	}, g.back)
	r.change(g, func(v *Visit) {
		*v = Visit{State: Here, How: ask.How, Account: account.Name, Rights: account.Rights, MFA: account.MFA, Until: r.Now().Add(Life)}
		if found := problem.Of(err); found != nil {
			*v = Visit{State: Failed, How: ask.How, Reason: problem.Sentence(err), Problem: found.Code, Fix: found.Fix}
		}
	})
}

func (r *Room) change(g *guest, do func(*Visit)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do(&g.visit)
}

// See tells how the sign-in of the person in ctx stands.
func (r *Room) See(ctx context.Context) Visit {
	subject := access.From(ctx).Subject
	r.mu.Lock()
	g := r.guests[subject]
	over := g != nil && g.visit.State == Here && !r.Now().Before(g.visit.Until)
	r.mu.Unlock()
	if over {
		r.leave(subject)
	}
	if g == nil || over {
		return Visit{State: None}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return g.visit
}

// Back takes what the browser of the person in ctx came back with from Microsoft. Without a sign-in that waits for it, it
// is a problem "signin.foreign".
func (r *Room) Back(ctx context.Context, answer url.Values) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.guests[access.From(ctx).Subject]
	if g != nil && g.visit.State == Waiting {
		select {
		case g.back <- answer:
			return nil
		default:
		}
	}
	return problem.NeedsPerson("signin.foreign", "the sign-in", "wasn't begun here, or has ended", "sign in again")
}

// End signs the person in ctx out. Safe to repeat.
func (r *Room) End(ctx context.Context) { r.leave(access.From(ctx).Subject) }

// Empty signs everybody out, when the process ends.
func (r *Room) Empty() {
	r.mu.Lock()
	var all []string
	for subject := range r.guests {
		all = append(all, subject)
	}
	r.mu.Unlock()
	for _, subject := range all {
		r.leave(subject)
	}
}

func (r *Room) leave(subject string) {
	r.mu.Lock()
	g := r.guests[subject]
	delete(r.guests, subject)
	r.mu.Unlock()
	if g != nil {
		g.end()
	}
	r.Opener.Close(subject)
}
