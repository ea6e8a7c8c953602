package stage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/store"
	"keyturn/target"
)

// world is a directory, some places and a book in memory, in which a process can be made to die at any point: every
// remote effect and every save counts two points, one before it and one after.
type world struct {
	mu     sync.Mutex
	now    time.Time
	points int // passed so far
	dead   bool
	deaths int
	dieAt  int   // the point at which the process dies; 0 = never
	lose   []int // effects, by number, whose reply is lost
	effect int

	app    credential.App
	values map[string]string // by key id
	places map[string]*place
	issued int

	run      renewal.Run
	history  store.History
	advances int
}

type place struct {
	value, tag, keyID, replaces string
	versions                    map[string]string // value by tag, for the custodian
	receipt                     int
}

// errDied is all that a killed process sees from then on: it does nothing any more.
var errDied = errors.New("this process was killed")

// point is one instant at which a process may die.
func (w *world) point() error {
	w.points++
	if w.points == w.dieAt {
		w.dead = true
	}
	if w.dead {
		return errDied
	}
	return nil
}

// act does one remote effect, with its two points, and loses its reply where told.
func (w *world) act(do func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.point(); err != nil {
		return err
	}
	do()
	if err := w.point(); err != nil {
		return err
	}
	w.effect++
	for _, n := range w.lose {
		if n == w.effect {
			return &problem.Error{Class: problem.Retry, Code: problem.Unreachable, Message: "reply lost", Doubtful: true}
		}
	}
	return nil
}

const (
	oldKey     = "old-key"
	foreignKey = "foreign-key"
)

func newWorld() *world {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w := &world{now: start, values: map[string]string{}, places: map[string]*place{}}
	for keyID, value := range map[string]string{oldKey: "old-value-that-is-long", foreignKey: "xyz-foreign-value-long"} {
		w.values[keyID] = value
		w.app.Credentials = append(w.app.Credentials, credential.Credential{
			KeyID: keyID, DisplayName: "by hand", Hint: value[:3], Kind: credential.Password, Holder: credential.OnApplication,
			Start: start.AddDate(-1, 0, 0), End: start.AddDate(0, 0, 200),
		})
	}
	for _, name := range []string{"custodian", "connection", "variable"} {
		w.places[name] = &place{value: w.values[oldKey], versions: map[string]string{}}
	}
	return w
}

func (w *world) Look(context.Context, string) (credential.App, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	app := w.app
	app.Credentials = append([]credential.Credential(nil), w.app.Credentials...)
	return app, nil
}

func (w *world) Issue(_ context.Context, _ credential.App, order issuer.Order) (made credential.Issued, err error) {
	err = w.act(func() {
		w.issued++
		value := fmt.Sprintf("n%02d-issued-value-long", w.issued)
		made = credential.Issued{Value: secret.New(value), Credential: credential.Credential{
			KeyID: fmt.Sprintf("new-key-%d", w.issued), DisplayName: order.Mark, Hint: value[:3], Kind: credential.Password,
			Holder: credential.OnApplication, Start: w.now, End: order.End,
		}}
		w.values[made.KeyID] = value
		w.app.Credentials = append(w.app.Credentials, made.Credential)
	})
	if err != nil {
		made = credential.Issued{}
	}
	return made, err
}

func (w *world) Remove(_ context.Context, _ credential.App, held credential.Credential) error {
	return w.act(func() {
		var left []credential.Credential
		for _, c := range w.app.Credentials {
			if c.KeyID != held.KeyID {
				left = append(left, c)
			}
		}
		w.app.Credentials = left
		delete(w.values, held.KeyID)
	})
}

func (w *world) SignIn(_ context.Context, _ string, value secret.Value) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range w.values {
		if v == value.Reveal() {
			return nil
		}
	}
	return &problem.Error{Class: problem.Retry, Code: problem.SignIn, Message: "refused"}
}

// consumers reports which places hold a value that doesn't sign in: each would be an outage.
func (w *world) consumers() (failing []string) {
	for name, p := range w.places {
		if w.SignIn(context.Background(), "", secret.New(p.value)) != nil {
			failing = append(failing, name)
		}
	}
	return failing
}

// Advance is the book: the fence by version, then the rows.
func (w *world) Advance(_ context.Context, c store.Change) (renewal.Run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.point(); err != nil {
		return renewal.Run{}, err
	}
	if c.Run.Version != w.run.Version {
		return renewal.Run{}, store.ErrFenced
	}
	c.Run.Version++
	w.run = c.Run
	for _, a := range c.Attempts {
		w.history.Attempts = replaceOrAdd(w.history.Attempts, a, func(x renewal.Attempt) bool { return x.N == a.N })
	}
	for _, d := range c.Deliveries {
		same := func(x renewal.Delivery) bool { return x.N == d.N && x.Target == d.Target }
		w.history.Deliveries = replaceOrAdd(w.history.Deliveries, d, same)
	}
	if err := w.point(); err != nil {
		return renewal.Run{}, err
	}
	return w.run, nil
}

// holder is one place as a target; the custodian can give its value back.
type holder struct {
	w    *world
	name string
}

func (h holder) Place() target.Place { return target.Place{ID: h.name, Title: h.name} }

func (h holder) Look(context.Context) (target.Standing, error) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	p := h.w.places[h.name]
	return target.Standing{Exists: true, Receipt: fmt.Sprint(p.receipt), Tag: p.tag, KeyID: p.keyID, Replaces: p.replaces}, nil
}

func (h holder) Write(_ context.Context, parcel target.Parcel) (string, error) {
	p := h.w.places[h.name]
	err := h.w.act(func() {
		p.value, p.tag, p.keyID, p.replaces = parcel.Value.Reveal(), parcel.Tag, parcel.KeyID, parcel.Replaces
		p.versions[parcel.Tag] = p.value
		p.receipt++
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprint(p.receipt), nil
}

func (h holder) Verify(_ context.Context, _ target.Parcel, written target.Written) (target.Proof, error) {
	h.w.mu.Lock()
	defer h.w.mu.Unlock()
	if written.Receipt != fmt.Sprint(h.w.places[h.name].receipt) {
		return target.Proof{}, problem.NeedsPerson(problem.Drift, h.name, "changed", "look")
	}
	return target.Proof{Rung: renewal.ReadBack}, nil
}

type keeper struct{ holder }

func (k keeper) Recall(_ context.Context, tag string) (secret.Value, string, error) {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	p := k.w.places[k.name]
	value, ok := p.versions[tag]
	if !ok {
		return secret.Value{}, "", problem.NeedsPerson(problem.NotFound, k.name, "no such version", "none")
	}
	return secret.New(value), fmt.Sprint(p.receipt), nil
}

func (k keeper) Current(ctx context.Context) (secret.Value, target.Standing, error) {
	standing, err := k.Look(ctx)
	return secret.New(k.w.places[k.name].value), standing, err
}

// setup is the application as configured in this world; without a custodian the value can't be read back.
func (w *world) setup(custodian bool) Setup {
	p := policy.Default()
	p.Settle = policy.Settle{Successes: 3}
	p.Overlap = policy.Overlap{Minimum: time.Hour, Evidence: renewal.EvidenceTime}
	s := Setup{App: "app", ClientID: "client", Policy: p, Issuer: w, Targets: []target.Target{
		holder{w, "connection"}, holder{w, "variable"},
	}}
	if custodian {
		s.Targets = append([]target.Target{keeper{holder{w, "custodian"}}}, s.Targets...)
	}
	return s
}

// process is one life of the program: it picks the run up as saved, with no value in memory, and drives it until it
// ends, needs a person, or dies.
func (w *world) process(s Setup, plan *Plan) (dead bool, err error) {
	w.dead, w.points = false, 0
	j := &Job{
		Setup: s, Book: w, Run: w.run, History: clone(w.history), Plan: plan, Tell: func(renewal.Event) {},
		Clock: Clock{Now: func() time.Time { return w.now }, Sleep: w.sleep},
	}
	for steps := 0; !j.Run.State.Ended(); steps++ {
		pause, err := Step(context.Background(), j)
		switch {
		case w.dead:
			w.deaths++
			return true, nil
		case steps > 200:
			return false, errors.New("the run goes round in circles at " + string(j.Run.State))
		case err != nil && problem.Of(err).Class == problem.Retry:
			w.now = w.now.Add(10 * time.Second)
		case err != nil:
			return false, err
		case pause.Door == renewal.Wait:
			w.now = pause.Until
		case pause.Door != renewal.Open:
			return false, fmt.Errorf("door %s: %s", pause.Door, pause.Reason.Text)
		}
	}
	return false, nil
}

func (w *world) sleep(_ context.Context, d time.Duration) error {
	w.now = w.now.Add(d)
	return nil
}

func clone(h store.History) store.History {
	return store.History{
		Attempts:   append([]renewal.Attempt(nil), h.Attempts...),
		Deliveries: append([]renewal.Delivery(nil), h.Deliveries...),
	}
}

// begin plans and saves the run, as the engine does.
func (w *world) begin(s Setup, r Request) (*Plan, error) {
	plan, err := MakePlan(context.Background(), s, r, func() time.Time { return w.now })
	if err != nil {
		return nil, err
	}
	if err := plan.Obstacle(); err != nil {
		return nil, err
	}
	w.run = renewal.Run{ID: "run", App: "app", ClientID: "client", State: renewal.Planned, Order: plan.Order, Retires: plan.Retires, Version: 1}
	return &plan, nil
}

// live returns the values that sign in, by key id.
func (w *world) live() map[string]string { return maps.Clone(w.values) }
