package inventory

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"keyturn/arm"
	"keyturn/problem"
)

const (
	vaultKind   = "Microsoft.KeyVault/vaults"
	accountKind = "Microsoft.Automation/automationAccounts"
	// atOnce is how many resources are read side by side: well below Resource Manager's bucket of 250 reads, and enough
	// that a group of fifty takes a second.
	atOnce = 8
)

// Resources is what discovery needs of Azure Resource Manager; an *arm.Client is one.
type Resources interface {
	Do(ctx context.Context, call arm.Call) (http.Header, error)
	Subscriptions(ctx context.Context) ([]arm.Subscription, error)
	Resources(ctx context.Context, scope, kind string) iter.Seq2[arm.Resource, error]
}

// landscape is what Azure shows of everything that could matter, before any of it is tied to an application.
type landscape struct {
	connections []connection
	workflows   []workflow
	vaults      []arm.Resource
	accounts    []arm.Resource
	notes       []string
	mu          sync.Mutex
}

// survey reads the landscape of scopes (subscriptions' or groups' ids); none means every subscription that we can see.
// What can't be read becomes a note. It fails only where nothing at all could be read.
func survey(ctx context.Context, client Resources, scopes []string) (*landscape, error) {
	seen := &landscape{}
	if len(scopes) == 0 {
		found, err := visible(ctx, client, seen)
		if err != nil {
			return nil, err
		}
		scopes = found
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, scope := range scopes {
		group.Go(func() error { return seen.list(ctx, client, scope, vaultKind, keep(&seen.vaults, seen)) })
		group.Go(func() error { return seen.list(ctx, client, scope, accountKind, keep(&seen.accounts, seen)) })
		group.Go(func() error { return seen.details(ctx, client, scope) })
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("look through the subscriptions: %w", err)
	}
	seen.sort()
	return seen, nil
}

// visible lists the subscriptions that are in use.
func visible(ctx context.Context, client Resources, seen *landscape) ([]string, error) {
	all, err := client.Subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list subscriptions: %w", err)
	}
	var scopes []string
	for _, s := range all {
		if s.State == "" || strings.EqualFold(s.State, "Enabled") || strings.EqualFold(s.State, "Warned") {
			scopes = append(scopes, "/subscriptions/"+s.ID)
		}
	}
	if len(scopes) == 0 {
		seen.note("no Azure subscription is visible to this identity: places in Azure can't be found; give it the role Reader where the solution is deployed")
	}
	return scopes, nil
}

// details reads connections and logic apps in full, several at once.
func (l *landscape) details(ctx context.Context, client Resources, scope string) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	err := l.list(ctx, client, scope, connectionKind, func(r arm.Resource) {
		group.Go(func() error { return readInto(inner, client, l, r.ID, connectionVersion, &l.connections) })
	})
	if err == nil {
		err = l.list(ctx, client, scope, workflowKind, func(r arm.Resource) {
			group.Go(func() error { return readInto(inner, client, l, r.ID, workflowVersion, &l.workflows) })
		})
	}
	if waited := group.Wait(); err == nil {
		err = waited
	}
	return err
}

// list hands on the resources of one type; a scope that we may not list becomes a note.
func (l *landscape) list(ctx context.Context, client Resources, scope, kind string, found func(arm.Resource)) error {
	for r, err := range client.Resources(ctx, scope, kind) {
		if err != nil {
			return l.tolerate(err, kind+" in "+scope)
		}
		found(r)
	}
	return nil
}

func keep(all *[]arm.Resource, l *landscape) func(arm.Resource) {
	return func(r arm.Resource) {
		l.mu.Lock()
		defer l.mu.Unlock()
		*all = append(*all, r)
	}
}

func readInto[T any](ctx context.Context, client Resources, l *landscape, id, version string, all *[]T) error {
	var one T
	if _, err := client.Do(ctx, arm.Call{ID: id, Version: version, Into: &one}); err != nil {
		return l.tolerate(err, id)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	*all = append(*all, one)
	return nil
}

// tolerate turns what one object refuses into a note; what may succeed later, and anything unknown, stays an error.
func (l *landscape) tolerate(err error, what string) error {
	if found := problem.Of(err); found.Code != problem.Denied && found.Code != problem.NotFound && found.Code != problem.Firewall {
		return err
	}
	l.note(fmt.Sprintf("%s couldn't be read: %s", what, problem.Of(err).Message))
	return nil
}

func (l *landscape) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.notes, text) {
		l.notes = append(l.notes, text)
	}
}

// sort makes the answer the same however the readings overlapped.
func (l *landscape) sort() {
	byID := func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }
	slices.SortFunc(l.connections, func(a, b connection) int { return byID(a.ID, b.ID) })
	slices.SortFunc(l.workflows, func(a, b workflow) int { return byID(a.ID, b.ID) })
	slices.SortFunc(l.vaults, func(a, b arm.Resource) int { return byID(a.ID, b.ID) })
	slices.SortFunc(l.accounts, func(a, b arm.Resource) int { return byID(a.ID, b.ID) })
	slices.Sort(l.notes)
}

// users returns the logic apps that use the connection, as consumers.
func (l *landscape) users(connectionID string) []Consumer {
	var found []Consumer
	for _, w := range l.workflows {
		if w.uses(connectionID) {
			found = append(found, w.consumer())
		}
	}
	return found
}
