package stagetest

import (
	"slices"
	"time"

	"keyturn/credential"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
)

// Unkind is what else goes on in a world, as it does in the real one. Its zero value is a kind world.
type Unkind struct {
	Flight time.Duration        // after which what a process had sent when it was killed arrives all the same; 0 = it never does
	Lag    func() time.Duration // how far behind the replica is that answers a look at the app; nil = none is
	Shy    time.Duration        // for how long a new secret is refused
	Deaf   map[string]error     // what a look at a place, by name, fails with; "" = at the app
	Change func(*policy.Policy) // what the configuration says otherwise; nil = nothing

	Ticks   func()             // called whenever time has passed, while the world is locked; nil = nobody listens
	Suffers func(place string) // hears of each place whose consumers fail, after every effect and whenever time passed; nil = nobody listens
	Removed []Removal          // secrets that Keyturn removed, in order

	flying    []flying
	snapshots []snapshot
}

// Removal is a secret that Keyturn removed, and how the run stood.
type Removal struct {
	KeyID string
	At    time.Time
	Run   renewal.Run
}

// flying is an effect that is on its way.
type flying struct {
	at time.Time
	do func()
}

// snapshot is what the app holds from an instant on.
type snapshot struct {
	at   time.Time
	held []credential.Credential
}

// Pass lets time pass: what is on its way arrives meanwhile. Where what consumers need changes with time alone, they are
// looked at often enough.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := w.Time.Add(d)
	for w.Time.Before(end) {
		next := end
		if hop := w.Time.Add(6 * time.Hour); w.keys != nil && hop.Before(next) {
			next = hop
		}
		for _, f := range w.flying {
			if f.at.Before(next) {
				next = f.at
			}
		}
		w.Time = next
		w.arrive()
		if w.Ticks != nil {
			w.Ticks()
		}
		w.watch()
	}
}

// arrive does what has been on its way for long enough; the lock is held.
func (w *World) arrive() {
	due := func(f flying) bool { return !f.at.After(w.Time) }
	arrived := slices.Clone(w.flying)
	w.flying = slices.DeleteFunc(w.flying, due)
	for _, f := range arrived {
		if due(f) {
			f.do()
			w.snap()
		}
	}
}

// fly sends what the process that is being killed had in hand; the lock is held.
func (w *World) fly(do func()) {
	if w.Flight > 0 {
		w.flying = append(w.flying, flying{w.Time.Add(w.Flight), do})
	}
}

// snap keeps what the app holds now; the lock is held.
func (w *World) snap() {
	w.snapshots = append(w.snapshots, snapshot{w.Time, slices.Clone(w.app.Credentials)})
}

// replica is what the replica shows that answers now; the lock is held.
func (w *World) replica() []credential.Credential {
	if w.Lag == nil {
		return w.app.Credentials
	}
	asOf := w.Time.Add(-w.Lag())
	for _, s := range slices.Backward(w.snapshots) {
		if !s.at.After(asOf) {
			return s.held
		}
	}
	return w.original
}

// watch tells whose consumers fail now; the lock is held.
func (w *World) watch() {
	if w.Suffers == nil {
		return
	}
	for _, name := range w.failing() {
		w.Suffers(name)
	}
}

// Passing is a failure that may pass by itself.
func Passing() error {
	return &problem.Error{Class: problem.Retry, Code: problem.Unreachable, Message: "no answer"}
}

// Lasting is a failure that a person must mend.
func Lasting() error {
	return &problem.Error{Class: problem.Person, Code: problem.Locked, Message: "a lock forbids it", Fix: "take the lock away"}
}

// Empty is a stranger who deletes what a place holds, all versions of it.
func (w *World) Empty(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.places[name]
	*p = place{versions: map[string]string{}, receipt: p.receipt, empty: true}
}

// Drop takes a place out of the configuration.
func (w *World) Drop(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.places, name)
}

// Has reports whether a place is in the configuration.
func (w *World) Has(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.places[name] != nil
}

// End makes the old secret end at an instant.
func (w *World) End(at time.Time) {
	for n, c := range w.app.Credentials {
		if c.KeyID == OldKey {
			w.app.Credentials[n].End = at
		}
	}
	for _, h := range w.heard {
		if h.KeyID == OldKey {
			h.End = at
		}
	}
	w.original = slices.Clone(w.app.Credentials)
}

// Held are the secrets on the app, whatever a replica shows.
func (w *World) Held() []credential.Credential {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.app.Credentials)
}

// Contents are the values of the places by their names.
func (w *World) Contents() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.contents()
}

func (w *World) contents() map[string]string {
	all := map[string]string{}
	for name, p := range w.places {
		all[name] = p.value
	}
	return all
}

// Deliveries returns the run's deliveries as they are saved.
func (w *World) Deliveries() []renewal.Delivery { return slices.Clone(w.history.Deliveries) }

// ByHand adds a place to the configuration that only a person can write; it holds the old value.
func (w *World) ByHand() {
	w.places[byHand] = &place{value: w.values[OldKey], versions: map[string]string{}}
}

// Inside is Contents for who is called while the world is locked.
func (w *World) Inside() map[string]string { return w.contents() }

// Steal is a stranger who removes the new secret, where one is to do so now.
func (w *World) Steal() { w.takeAway() }

// Fill puts the foreign secret beside the old one again, so that an app that may hold two is full.
func (w *World) Fill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	foreign := w.app.Credentials[0]
	foreign.KeyID, foreign.Hint = ForeignKey, "xyz"
	w.app.Credentials = append(slices.Clone(w.app.Credentials), foreign)
	w.values[ForeignKey] = "xyz-foreign-value-long"
	w.original = slices.Clone(w.app.Credentials)
}
