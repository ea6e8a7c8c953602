package main

import (
	"context"
	"slices"

	"keyturn/config"
	"keyturn/server/web"
)

// aboutShown is what the console says of this Keyturn: its settings, and who it is in the tenant, which is asked.
func (s *service) aboutShown(ctx context.Context) (web.About, error) {
	shown := s.settingsShown()
	told := web.About{
		Release: shown.Release, Tenant: shown.Tenant, Cloud: shown.Cloud, Identity: shown.Identity, Store: shown.Store, Every: shown.Every,
		SignIn: shown.SignIn, Applications: shown.Applications,
	}
	for _, app := range s.settings.Applications {
		if app.Issuer == config.SharePoint {
			told.AddIns = append(told.AddIns, app.Name)
		}
	}
	self, err := s.session.Self(ctx)
	told.Name, told.ObjectID, told.Rights, told.Trouble = self.Name, self.ObjectID, slices.Sorted(slices.Values(self.Roles)), err
	told.Backlog, err = s.store.Outbox(ctx)
	return told, err
}
