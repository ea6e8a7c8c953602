package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"keyturn/config"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/server/web"
)

// aboutShown is what the console says of this Keyturn: its settings, and who it is in the tenant, which is asked.
func (s *service) aboutShown(ctx context.Context) (web.About, error) {
	shown := s.settingsShown()
	told := web.About{
		Release: shown.Release, Tenant: shown.Tenant, Cloud: shown.Cloud, Identity: shown.Identity, Store: shown.Store, Every: shown.Every,
		SignIn: shown.SignIn, Applications: shown.Applications, Parts: partsShown(),
	}
	for _, app := range s.settings.Applications {
		if app.Issuer == config.SharePoint {
			told.AddIns = append(told.AddIns, app.Name)
		}
	}
	self, err := s.session.Self(ctx)
	told.Name, told.ObjectID, told.Rights, told.Trouble = self.Name, self.ObjectID, slices.Sorted(slices.Values(self.Roles)), err
	if err == nil {
		told.Reports = s.reports.shown(s.clock.Now(), func() (issuer.Usage, error) { return s.usageOfAny(ctx) })
	}
	told.Backlog, err = s.store.Outbox(ctx)
	return told, err
}

// usageOfAny reads the report of use for one application: which report there is depends on the tenant's licences, and on
// what Keyturn may read, not on the application.
func (s *service) usageOfAny(ctx context.Context) (issuer.Usage, error) {
	for _, app := range s.settings.Applications {
		if app.Issuer == config.SharePoint || app.Excluded != "" {
			continue
		}
		found, err := s.entra.Look(ctx, app.ClientID)
		if err != nil {
			return issuer.Usage{}, err
		}
		return s.entra.Usage(ctx, found, nil)
	}
	return issuer.Usage{}, nil
}

// reports remembers for an hour which report of use the tenant has, since Microsoft lets it be read seldom.
type reports struct {
	mu   sync.Mutex
	text string
	read time.Time
}

func (r *reports) shown(now time.Time, read func() (issuer.Usage, error)) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.read) < time.Hour {
		return r.text
	}
	usage, err := read()
	switch {
	case err != nil:
		return problem.Sentence(err)
	case usage.Source != "":
		r.text = usage.Source
	default:
		r.text = usage.Reason
	}
	r.read = now
	return r.text
}
