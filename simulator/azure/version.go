package azure

import (
	"net/http"
	"slices"
	"strings"
)

// resourceVersions is the list that Resource Manager names when a version has no proper form.
const resourceVersions = "2025-04-01,2024-11-01,2024-07-01,2024-03-01,2023-07-01,2022-12-01,2022-09-01,2021-04-01,2021-01-01,2020-10-01,2020-06-01,2019-10-01,2018-05-01,2016-09-01,2015-11-01"

// versions says which api-versions a resource type takes. From the open date on any stable version is taken, since clients newer than this
// list exist; an empty open date closes the list.
type versions struct {
	resourceType string
	known        []string
	openFrom     string
}

// typeVersions lists the types whose versions are checked; others take any version of proper form.
// Sources: the API descriptions of each provider; connections and workflows have had no new stable version for years.
func typeVersions() []versions {
	automation := []string{
		"2015-01-01-preview", "2015-10-31", "2017-05-15-preview", "2018-01-15", "2018-06-30", "2019-06-01", "2020-01-13-preview",
		"2021-06-22", "2022-01-31", "2022-02-22", "2022-08-08", "2023-05-15-preview", "2023-11-01", "2024-10-23",
	}
	return []versions{
		{"Microsoft.Web/connections", []string{"2015-08-01-preview", "2016-06-01", "2018-03-01-preview", "2018-07-01-preview"}, ""},
		{"Microsoft.Web/locations/managedApis", []string{"2015-08-01-preview", "2016-06-01", "2018-03-01-preview", "2018-07-01-preview"}, ""},
		{"Microsoft.Logic/workflows", []string{"2015-02-01-preview", "2015-08-01-preview", "2016-06-01", "2016-10-01", "2017-07-01", "2018-07-01-preview", "2019-05-01"}, ""},
		{"Microsoft.Automation/automationAccounts", automation, "2024-10-24"},
		{"Microsoft.KeyVault/vaults", []string{
			"2014-12-19-preview", "2015-06-01", "2016-10-01", "2018-02-14", "2018-02-14-preview", "2019-09-01", "2020-04-01-preview", "2021-04-01-preview", "2021-06-01-preview",
			"2021-10-01", "2021-11-01-preview", "2022-02-01-preview", "2022-07-01", "2022-11-01", "2023-02-01", "2023-07-01", "2024-04-01-preview", "2024-11-01", "2024-12-01-preview", "2025-05-01", "2026-02-01",
		}, "2025-05-02"},
	}
}

// takes reports whether the type takes the version.
func (v versions) takes(version string) bool {
	if slices.Contains(v.known, version) {
		return true
	}
	return v.openFrom != "" && version >= v.openFrom && len(version) == len("2026-02-01")
}

func (c *call) checkTypeVersion() *answer {
	called := strings.ToLower(c.at.resourceType())
	for _, v := range typeVersions() {
		base := strings.ToLower(v.resourceType)
		if (called != base && !strings.HasPrefix(called, base+"/")) || v.takes(c.version) {
			continue
		}
		a := fail(http.StatusBadRequest, "NoRegisteredProviderFound",
			"No registered resource provider found for location '%s' and API version '%s' for type '%s'. The supported api-versions are '%s'. The supported locations are '%s'.",
			c.location(), c.version, strings.TrimPrefix(v.resourceType, c.at.last().namespace+"/"), strings.Join(v.known, ", "), strings.Join(locationNames(), ", "))
		return &a
	}
	return nil
}

// location is the place that an error names: the group's.
func (c *call) location() string {
	if c.sub != nil {
		if g := c.sub.Group(c.at.group); g != nil {
			return g.Location
		}
	}
	return "westeurope"
}

func locationNames() []string {
	return []string{"westeurope", "northeurope", "germanywestcentral", "uksouth", "eastus", "westus2"}
}
