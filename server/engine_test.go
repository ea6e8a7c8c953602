package server_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"keyturn/audit"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/server/command"
	"keyturn/store"
	"keyturn/store/sqlite"
)

// engine carries commands out in the store alone. It keeps who told it what.
type engine struct {
	store *sqlite.Store
	mu    sync.Mutex
	fails error
	heard []string
}

// failing lets every command fail so; nil ends that.
func (e *engine) failing(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fails = err
}

func (e *engine) hear(what string, by access.Person) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fails == nil {
		e.heard = append(e.heard, what+" by "+by.String())
	}
	return e.fails
}

func (e *engine) Plan(_ context.Context, ask command.Ask, by access.Person) (command.Plan, error) {
	return command.Plan{App: ask.App, Digest: "digest"}, e.hear("plan "+ask.App, by)
}

func (e *engine) Start(ctx context.Context, ask command.Ask, by access.Person) (renewal.Run, bool, error) {
	if err := e.hear("start "+ask.App, by); err != nil {
		return renewal.Run{}, false, err
	}
	run, err := e.store.Begin(ctx, fresh(ask.App, by.Subject), told())
	return run, err == nil, ignore(err, store.ErrOpen)
}

func ignore(err, what error) error {
	if errors.Is(err, what) {
		return nil
	}
	return err
}

func (e *engine) Tell(ctx context.Context, id string, version int64, word command.Word, _ bool, by access.Person) (renewal.Run, error) {
	if err := e.hear(string(word)+" "+id, by); err != nil {
		return renewal.Run{}, err
	}
	run, err := e.store.Run(ctx, id)
	if err == nil && version != 0 && run.Version != version {
		err = problem.NeedsPerson("run.changed", id, "has changed since you saw it", "look again")
	}
	return run, err
}

func fresh(app, askedAs string) renewal.Run {
	now := time.Now()
	return renewal.Run{
		ID: renewal.NewID(), App: app, ClientID: "c", State: renewal.Planned, CreatedAt: now, UpdatedAt: now,
		Order: renewal.Order{Targets: []string{"vault"}, AskedAs: askedAs, Evidence: renewal.EvidencePreferred},
	}
}

func told() store.Told {
	return store.Told{
		Events: []renewal.Event{{Kind: "begun", Text: "a renewal", Fields: map[string]string{"target": "vault"}}},
		Audit:  []audit.Entry{{Who: "tester", Action: "begin", Object: "portal", Outcome: audit.Noted}},
	}
}

// begin opens a run that somebody else asked for.
func (b *building) begin(app string) renewal.Run {
	b.t.Helper()
	run, err := b.store.Begin(b.t.Context(), fresh(app, "issuer|somebody else"), told())
	if err != nil {
		b.t.Fatal(err)
	}
	return run
}

// passes are a store's, which may be away.
type passes struct {
	*sqlite.Store
	away atomic.Pointer[error]
}

func (p *passes) Pass(ctx context.Context, digest string) (store.Pass, error) {
	if why := p.away.Load(); why != nil {
		return store.Pass{}, *why
	}
	return p.Store.Pass(ctx, digest)
}

// token gives out a token of a role; Nobody's is of a role that this release doesn't know.
func (b *building) token(role access.Role) string {
	b.t.Helper()
	if role != access.Nobody {
		shown, _, err := b.console.Keeper.NewToken(b.t.Context(), access.Order{Name: "test", Role: role, Life: time.Hour}, someone(access.Admin))
		if err != nil {
			b.t.Fatal(err)
		}
		return shown.Reveal()
	}
	return b.strange(store.TokenPass)
}

// strange is a pass of a role that this release doesn't know.
func (b *building) strange(kind store.PassKind) string {
	b.t.Helper()
	shown := renewal.NewID()
	if err := b.store.Keep(b.t.Context(), store.Pass{
		ID: shown, Kind: kind, Digest: access.Digest(shown), Role: "owner", Person: "Eve", Subject: "issuer|eve", Made: time.Now(), Ends: time.Now().Add(time.Hour),
	}); err != nil {
		b.t.Fatal(err)
	}
	return shown
}

func TestWhoAsksForARunDoesntApproveIt(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	desk := command.Desk{Engine: b.engine, Runs: b.store}
	as := func(p access.Person) context.Context { return access.With(t.Context(), p) }
	ada := someone(access.Admin)
	run, begun, err := desk.Start(as(ada), command.Ask{App: "portal"})
	if err != nil || !begun {
		t.Fatalf("begun %v: %v", begun, err)
	}
	token := ada
	token.Name, token.Method = "token ci of Ada", access.ByToken
	for name, who := range map[string]access.Person{"herself": ada, "with a token of hers": token} {
		if _, err := desk.Tell(as(who), run.ID, run.Version, command.Approve, false); !problem.Is(err, "approve.own") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := desk.Tell(as(someone(access.Approver)), run.ID, run.Version, command.Approve, false); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if _, err := desk.Tell(as(someone(access.Approver)), run.ID, 0, command.Approve, false); !problem.Is(err, "version.missing") {
		t.Errorf("whatever it is now: %v", err)
	}
	if _, _, err := desk.Start(as(someone(access.Operator)), command.Ask{App: "portal", Emergency: true, RevokeFirst: true}); !problem.Is(err, "role.insufficient") {
		t.Errorf("an operator revokes first: %v", err)
	}
}
