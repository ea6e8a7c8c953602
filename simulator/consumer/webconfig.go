package consumer

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"os"
)

// ReadWebConfig returns a reader of an add-in's settings in a web.config, as ASP.NET reads them: of two with one key the
// later counts.
func ReadWebConfig(path string) func() (AddInSettings, error) {
	return func() (AddInSettings, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return AddInSettings{}, fmt.Errorf("read web.config: %w", err)
		}
		return parseWebConfig(text)
	}
}

// ReadWebApp returns a reader of the settings that a web app's program runs with; it starts anew when they are written.
func (p *Park) ReadWebApp(id string) func() (AddInSettings, error) {
	return func() (AddInSettings, error) {
		settings := p.a.RunningSettings(id, p.w.Now())
		if settings == nil {
			return AddInSettings{}, fmt.Errorf("there is no web app %s", id)
		}
		return settingsFrom(settings), nil
	}
}

func parseWebConfig(text []byte) (AddInSettings, error) {
	var file struct {
		Settings []struct {
			Key   string `xml:"key,attr"`
			Value string `xml:"value,attr"`
		} `xml:"appSettings>add"`
	}
	if err := xml.Unmarshal(text, &file); err != nil {
		return AddInSettings{}, fmt.Errorf("parse web.config: %w", err)
	}
	found := map[string]string{}
	for _, one := range file.Settings {
		found[one.Key] = one.Value
	}
	return settingsFrom(found), nil
}

// settingsFrom takes an add-in's settings out of all settings of a site, as TokenHelper does: where one is empty, that of the
// first years counts.
func settingsFrom(all map[string]string) AddInSettings {
	return AddInSettings{
		ClientID: cmp.Or(all["ClientId"], all["HostedAppName"]), ClientSecret: cmp.Or(all["ClientSecret"], all["HostedAppSigningKey"]),
		SecondaryClientSecret: all["SecondaryClientSecret"],
	}
}
