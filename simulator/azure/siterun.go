package azure

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// siteRunRoutes are what starts a web app anew, and what tells how its Key Vault references fare.
func (s *Service) siteRunRoutes() []entry {
	var all []entry // the last is /config/configreferences/appsettings, as paths are taken apart
	for _, under := range []string{"Microsoft.Web/sites", "Microsoft.Web/sites/slots"} {
		all = append(all,
			entry{"POST " + under + "/restart", (*call).restartSite},
			entry{"POST " + under + "/slotsswap", (*call).swapSlots},
			entry{"GET " + under + "/config/appsettings", (*call).settingReferences},
		)
	}
	return all
}

// AddSite makes a web app, or with "/slots/" in its id a slot of one, that runs with settings; sticky names stay with
// their slot. Hold the lock.
func (s *Service) AddSite(id, location string, settings map[string]string, sticky ...string) {
	one := s.site(id)
	one.settings, one.running = maps.Clone(settings), maps.Clone(settings)
	if id == production(id) {
		names := []any{}
		for _, name := range sticky {
			names = append(names, name)
		}
		one.sticky = map[string]any{"appSettingNames": names}
	}
	host := lastName(id) + ".azurewebsites.net"
	s.AddResource(Resource{ID: id, Kind: "app", Location: location, Properties: map[string]any{
		"state": "Running", "enabled": true, "defaultHostName": host, "hostNames": []any{host},
	}})
}

func lastName(id string) string { return id[strings.LastIndex(id, "/")+1:] }

// RunningSettings are the settings that a web app's program was started with; nil when there is no such app. Hold the
// lock.
func (s *Service) RunningSettings(id string, now time.Time) map[string]string {
	one := s.sites[key(id)]
	if one == nil {
		return nil
	}
	if !one.startsAt.IsZero() && !now.Before(one.startsAt) {
		one.running, one.startsAt = maps.Clone(one.settings), time.Time{}
	}
	return one.running
}

// recycle starts a web app's program anew. In an unkind cloud the old process goes on for some seconds.
func (c *call) recycle(one *site) {
	one.restarts++
	one.startsAt = c.now.Add(c.s.w.Between(3*time.Second, 40*time.Second))
}

// siteOfAction is the web app or slot that an action is done to.
func (c *call) siteOfAction() (*site, *answer) {
	id := c.at.parent()
	if refused := c.siteThere(id); refused != nil {
		return nil, refused
	}
	return c.s.site(id), nil
}

func (c *call) restartSite() answer {
	one, refused := c.siteOfAction()
	if refused != nil {
		return *refused
	}
	c.recycle(one)
	return empty(http.StatusOK)
}

// swapSlots exchanges what runs in two slots; settings that stay with their slot stay. Source:
// https://learn.microsoft.com/azure/app-service/deploy-staging-slots, read 2026-11-25.
func (c *call) swapSlots() answer {
	var in struct {
		Target string `json:"targetSlot"`
	}
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	one, refused := c.siteOfAction()
	if refused != nil {
		return *refused
	}
	root := production(one.id)
	other := root
	if !strings.EqualFold(in.Target, "production") {
		other = root + "/slots/" + in.Target
	}
	if refused := c.siteThere(other); refused != nil {
		return *refused
	}
	two, sticky := c.s.site(other), textsOf(c.s.site(root).sticky["appSettingNames"])
	one.settings, two.settings = moved(two.settings, one.settings, sticky), moved(one.settings, two.settings, sticky)
	c.recycle(one)
	c.recycle(two)
	return empty(http.StatusOK)
}

// moved is what a slot has after a swap: the other's settings, and its own that stay.
func moved(from, own map[string]string, sticky []string) map[string]string {
	all := map[string]string{}
	for name, value := range from {
		if !slices.Contains(sticky, name) {
			all[name] = value
		}
	}
	for _, name := range sticky {
		if value, has := own[name]; has {
			all[name] = value
		}
	}
	return all
}

// settingReferences tells how the settings that point to a Key Vault fare: the simulated apps have no identity to read
// one with.
func (c *call) settingReferences() answer {
	owner, _ := c.siteConfig()
	if refused := c.siteThere(owner); refused != nil {
		return *refused
	}
	seen := []any{}
	settings := c.s.site(owner).settings
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if value := settings[name]; strings.HasPrefix(value, "@Microsoft.KeyVault(") {
			seen = append(seen, c.configBody(owner, "configreferences/appsettings/"+name, map[string]any{"reference": value, "status": "MSINotEnabled"}))
		}
	}
	return list(seen)
}
