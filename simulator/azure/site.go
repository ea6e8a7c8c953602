package azure

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
)

// site is what a web app keeps beside its resource: settings that only a special call shows, and which of their names stay
// with a slot. Source: rest/api/appservice/web-apps (read 2026-11-25).
type site struct {
	id       string
	settings map[string]string
	sticky   map[string]any // properties of slotConfigNames; production's alone counts
	restarts int
	// running are the settings that the program was started with; at startsAt it starts anew.
	running  map[string]string
	startsAt time.Time
}

// SiteState is a site as the ground truth shows it.
type SiteState struct {
	ID       string            `json:"id"`
	Settings map[string]string `json:"settings"`
	Sticky   []string          `json:"sticky"`
	Restarts int               `json:"restarts"`
}

// Sites lists the web apps and slots whose settings were ever written, in order of their ids.
func (s *Service) Sites() []SiteState {
	all := []SiteState{}
	for _, k := range slices.Sorted(maps.Keys(s.sites)) {
		one := s.sites[k]
		all = append(all, SiteState{one.id, maps.Clone(one.settings), textsOf(s.site(production(one.id)).sticky["appSettingNames"]), one.restarts})
	}
	return all
}

// site is the state of a web app or slot, made when it is first asked for.
func (s *Service) site(id string) *site {
	if s.sites == nil {
		s.sites = map[string]*site{}
	}
	if s.sites[key(id)] == nil {
		s.sites[key(id)] = &site{id: id, settings: map[string]string{}, sticky: map[string]any{}}
	}
	return s.sites[key(id)]
}

// production is the id of the app that a slot belongs to.
func production(id string) string {
	if at := strings.Index(strings.ToLower(id), "/slots/"); at >= 0 {
		return id[:at]
	}
	return id
}

func (s *Service) siteRoutes() []entry {
	return []entry{
		{"POST Microsoft.Web/sites/config/list", (*call).listSettings},
		{"POST Microsoft.Web/sites/slots/config/list", (*call).listSettings},
		{"PUT Microsoft.Web/sites/config/*", (*call).putSiteConfig},
		{"PUT Microsoft.Web/sites/slots/config/*", (*call).putSiteConfig},
		{"GET Microsoft.Web/sites/config/*", (*call).getSiteConfig},
	}
}

// siteConfig is the id of the web app or slot whose configuration a path names, and which part of it.
func (c *call) siteConfig() (owner, name string) {
	at := strings.Index(strings.ToLower(c.at.id()), "/config/")
	return c.at.id()[:at], strings.ToLower(c.at.name())
}

// siteThere refuses a path whose web app doesn't exist.
func (c *call) siteThere(id string) *answer {
	if c.s.Resource(id) != nil {
		return nil
	}
	a := fail(http.StatusNotFound, "ResourceNotFound", "The Resource 'Microsoft.Web/sites/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", c.at.last().names[0], c.at.group)
	return &a
}

func (c *call) listSettings() answer {
	owner, name := c.siteConfig()
	if refused := c.siteThere(owner); refused != nil {
		return *refused
	}
	if name != "appsettings" {
		return notFound(c)
	}
	return ok(c.configBody(owner, name, maps.Clone(c.s.site(owner).settings)))
}

func (c *call) configBody(owner, name string, properties any) map[string]any {
	return map[string]any{
		"id": owner + "/config/" + name, "name": name, "type": "Microsoft.Web/sites/config", "location": c.location(), "properties": properties,
	}
}

// putSiteConfig replaces a whole collection: a setting that isn't sent is gone afterwards, and the app restarts.
func (c *call) putSiteConfig() answer {
	owner, name := c.siteConfig()
	if refused := c.siteThere(owner); refused != nil {
		return *refused
	}
	var in struct {
		Properties map[string]any `json:"properties"`
	}
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	switch name {
	case "appsettings":
		return c.putSettings(owner, in.Properties)
	case "slotconfignames":
		c.s.site(production(owner)).sticky = in.Properties
		return ok(c.configBody(owner, "slotConfigNames", in.Properties))
	}
	return notFound(c)
}

func (c *call) putSettings(owner string, written map[string]any) answer {
	settings := map[string]string{}
	for setting, value := range written {
		text, isText := value.(string)
		if !isText {
			return fail(http.StatusBadRequest, "BadRequest", "The parameter properties has an invalid value.")
		}
		settings[setting] = text
	}
	app := c.s.site(owner)
	app.settings = settings
	c.recycle(app)
	return ok(c.configBody(owner, "appsettings", maps.Clone(settings)))
}

func (c *call) getSiteConfig() answer {
	owner, name := c.siteConfig()
	if refused := c.siteThere(owner); refused != nil {
		return *refused
	}
	if name != "slotconfignames" {
		return notFound(c)
	}
	return ok(c.configBody(owner, "slotConfigNames", c.s.site(production(owner)).sticky))
}

func textsOf(list any) []string {
	found := []string{}
	items, _ := list.([]any)
	for _, item := range items {
		if text, ok := item.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

// removeSites forgets what web apps below an id held.
func (s *Service) removeSites(id string) {
	for k, one := range s.sites {
		if role.Covers(id, one.id) {
			delete(s.sites, k)
		}
	}
}
