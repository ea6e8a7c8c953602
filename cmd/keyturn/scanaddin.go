package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"keyturn/cmd/keyturn/screen"
	"keyturn/graph"
	"keyturn/inventory"
	"keyturn/problem"
)

// scanAddIns lists the tenant's SharePoint add-ins.
func (sh *shell) scanAddIns(ctx context.Context, f *format, within time.Duration) error {
	d, err := sh.openDesk(ctx, false)
	if err != nil {
		return err
	}
	if _, err := d.signIn(ctx); err != nil { // signs in first, so that the cloud's clock is known
		return err
	}
	now := d.clock.Now()
	found, note, err := inventory.AddIns(ctx, directory{d.graph}, now, within)
	if err != nil {
		return err
	}
	if note != "" {
		sh.say("%s", note)
	}
	return sh.print(f, addInListing(found, now))
}

func addInListing(found []inventory.AddIn, now time.Time) listing {
	list := listing{
		head: []string{"ADD-IN", "CLIENT ID", "REGISTERED AS", "SECRET ENDS", "IN", "STATE", "LAST USE", "KEYS", "WHAT TO DO"},
		data: found, none: "no SharePoint add-in: the tenant has no principal of that kind, and no app with symmetric keys",
	}
	paints := map[inventory.State]screen.Paint{inventory.Expired: screen.Red, inventory.Due: screen.Amber, inventory.Fine: screen.Green}
	for _, a := range found {
		ends, in := "", ""
		if !a.Expires.IsZero() {
			ends, in = day(a.Expires), left(a.Expires.Sub(now))
		}
		used := a.Used
		if !a.LastUse.IsZero() {
			used = day(a.LastUse)
		}
		list.rows = append(list.rows, []screen.Cell{
			{Text: a.App},
			{Text: a.ClientID},
			{Text: a.Registered},
			{Text: ends},
			{Text: in},
			{Text: string(a.State), Paint: paints[a.State]},
			{Text: used},
			{Text: fmt.Sprintf("%d password, %d sign, %d verify", a.Passwords, a.Signing, a.Verifying)},
			{Text: a.Advice},
		})
	}
	return list
}

// AddInObjects walks app registrations, then service principals.
func (d directory) AddInObjects(ctx context.Context) iter.Seq2[inventory.AddInObject, error] {
	return func(yield func(inventory.AddInObject, error) bool) {
		for a, err := range d.graph.Applications(ctx) {
			if !yield(applicationObject(a), err) {
				return
			}
		}
		for p, err := range d.graph.ServicePrincipals(ctx) {
			if !yield(principalObject(p), err) {
				return
			}
		}
	}
}

func applicationObject(a graph.Application) inventory.AddInObject {
	return inventory.AddInObject{Name: a.DisplayName, ClientID: a.AppID, ObjectID: a.ID, Registered: true, Keys: addInKeys(a.Passwords, a.Keys)}
}

func principalObject(p graph.ServicePrincipal) inventory.AddInObject {
	return inventory.AddInObject{
		Name: p.DisplayName, ClientID: p.AppID, ObjectID: p.ID, Legacy: strings.EqualFold(p.Type, "Legacy"), Keys: addInKeys(p.Passwords, p.Keys),
	}
}

// LastUses reads the report of credential use once for the whole tenant.
func (d directory) LastUses(ctx context.Context) (map[string]time.Time, error) {
	uses := map[string]time.Time{}
	for activity, err := range d.graph.AllActivities(ctx) {
		if err != nil {
			return nil, err
		}
		id := strings.ToLower(activity.AppID)
		if last := activity.SignIn.Last.Time; last.After(uses[id]) {
			uses[id] = last
		}
	}
	return uses, nil
}

func addInKeys(passwords []graph.Password, keys []graph.Key) []inventory.AddInKey {
	var found []inventory.AddInKey
	for _, p := range passwords {
		found = append(found, inventory.AddInKey{Start: p.Start.UTC(), End: p.End.UTC()})
	}
	for _, k := range keys {
		if strings.EqualFold(k.Type, "Symmetric") {
			found = append(found, inventory.AddInKey{Symmetric: true, Usage: k.Usage, Start: k.Start.UTC(), End: k.End.UTC()})
		}
	}
	return found
}

// oneAddIn is a directory that shows one app alone.
type oneAddIn struct {
	directory
	clientID string
}

// AddInObjects reads the app registration and the service principal of that client id, as far as they are there.
func (o oneAddIn) AddInObjects(ctx context.Context) iter.Seq2[inventory.AddInObject, error] {
	return func(yield func(inventory.AddInObject, error) bool) {
		a, err := o.graph.Application(ctx, o.clientID)
		if !problem.Is(err, problem.NotFound) && !yield(applicationObject(a), err) {
			return
		}
		p, err := o.graph.ServicePrincipal(ctx, o.clientID)
		if !problem.Is(err, problem.NotFound) {
			yield(principalObject(p), err)
		}
	}
}

// LastUses reads the report of this app alone.
func (o oneAddIn) LastUses(ctx context.Context) (map[string]time.Time, error) {
	activities, err := o.graph.Activities(ctx, o.clientID)
	uses := map[string]time.Time{}
	for _, activity := range activities {
		if last := activity.SignIn.Last.Time; last.After(uses[strings.ToLower(o.clientID)]) {
			uses[strings.ToLower(o.clientID)] = last
		}
	}
	return uses, err
}
