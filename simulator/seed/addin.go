package seed

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/sharepoint"
)

// The add-in's own names.
const (
	addInName = "HelpDesk"
	addInHost = "helpdesk.contoso.com"
	sitePath  = "/sites/helpdesk"
)

// addInDir is the folder with the add-in's web.config, within the simulator's.
const addInDir = "helpdesk"

// plantAddIn makes the add-in with its site, its three credentials and its running program.
func (h *helpdesk) plantAddIn(t *directory.Tenant, name string) error {
	spec := directory.AddInSpec{
		DisplayName: addInName, Host: addInHost, Created: h.now.Add(-1100 * day), Owners: []string{h.admin.ServicePrincipal.ObjectID},
		Permissions: []directory.AddInPermission{{Scope: "http://sharepoint/content/sitecollection", Right: "FullControl"}},
	}
	holder := &directory.Credentials{}
	legacy := name == Helpdesk
	if !legacy {
		spec.Created = h.now.Add(-340 * day)
		app := h.d.AddApplication(t.ID, directory.AppSpec{DisplayName: spec.DisplayName, Created: spec.Created, Owners: spec.Owners})
		h.addIn, holder = app.ServicePrincipal, &app.Credentials
		h.addIn.AddIn = &directory.AddIn{Host: spec.Host, Permissions: spec.Permissions}
	} else {
		h.addIn = h.d.AddLegacyAddIn(t, spec)
		holder = &h.addIn.Credentials
	}
	end := h.now.Add(25*day + 3*time.Hour)
	h.secret = h.d.AddTriple(holder, "", end.AddDate(-1, 0, 0), end, legacy)
	host := h.siteHost()
	h.ground.SharePoint.AddSite(sharepoint.Site{Tenant: t, Host: host, Title: "Contoso"})
	h.ground.SharePoint.AddSite(sharepoint.Site{Tenant: t, Host: host, Path: sitePath, Title: "Help desk", AddIns: []string{h.addIn.AppID}})
	read, err := h.plantSettings(name)
	if err != nil {
		return err
	}
	h.p.AddAddIn(consumer.AddInSpec{
		Name: addInName, Principal: h.addIn, ACS: h.ground.ACS, SharePoint: h.ground.SharePoint, Host: host, Path: sitePath,
		User: h.people["user"].ObjectID, Read: read,
	})
	for at := h.now.Add(-historyLength); at.Before(h.now); at = at.Add(historyStep) {
		h.d.NoteACS(at, h.addIn, h.secret.KeyID, nil, addInName) // so that the reports know it
	}
	return nil
}

// plantSettings puts the secret where the add-in is hosted, and answers how the add-in reads it.
func (h *helpdesk) plantSettings(name string) (func() (consumer.AddInSettings, error), error) {
	if name == HelpdeskAzure {
		h.plantWebApp()
		return h.p.ReadWebApp(h.webApp), nil
	}
	if err := h.writeWebConfig(); err != nil {
		return nil, err
	}
	return consumer.ReadWebConfig(h.webConfig), nil
}

// plantWebApp makes the add-in's web app with a staging slot; which database a slot uses stays with it.
func (h *helpdesk) plantWebApp() {
	h.places.Group = "rg-helpdesk"
	h.a.AddSubscription(h.places.Subscription, "Contoso Production", h.places.Tenant)
	h.a.AddGroup(h.places.Subscription, h.places.Group, h.places.Location)
	h.webApp = h.places.resource("Microsoft.Web/sites", "helpdesk-contoso")
	settings := func(database string) map[string]string {
		return map[string]string{
			"ClientId": h.addIn.AppID, "ClientSecret": base64.StdEncoding.EncodeToString([]byte(h.secret.Value)), "Mail:From": "helpdesk@contoso.com",
			"WEBSITE_TIME_ZONE": "W. Europe Standard Time", "Database": database,
		}
	}
	h.a.AddSite(h.webApp, h.places.Location, settings("helpdesk"), "Database")
	h.a.AddSite(h.webApp+"/slots/staging", h.places.Location, settings("helpdesk-staging"))
	h.a.AddRoleAssignment(h.admin.ServicePrincipal.ObjectID, "Website Contributor", h.places.group())
}

// siteHost is the tenant's host at SharePoint, whose name is that of the initial domain.
func (s *planter) siteHost() string {
	name, _, _ := strings.Cut(s.places.Domain, ".")
	return name + "." + s.w.Cloud().SharePointSuffix
}

// plantRootSite makes the site that every tenant has. Its id is the tenant's own, so that nothing is drawn for it.
func (s *planter) plantRootSite() {
	s.ground.SharePoint.AddSite(sharepoint.Site{
		Tenant: s.d.Tenant(s.places.Tenant), Host: s.siteHost(), Title: "Contoso", ID: s.places.Tenant,
	})
}

// plantLeftOvers makes principals of add-ins that nobody has cleaned up.
func (h *helpdesk) plantLeftOvers(t *directory.Tenant) {
	for _, one := range []struct {
		name, host string
		left       time.Duration
	}{
		{"Contract Workflow", "workflow.contoso.com", -400 * day},
		{"Banner Injector", "localhost:44312", -1200 * day},
		{"Org Chart", "orgchart.example.com", 160 * day},
	} {
		s := h.d.AddLegacyAddIn(t, directory.AddInSpec{DisplayName: one.name, Host: one.host, Created: h.now.Add(-1500 * day)})
		end := h.now.Add(one.left + 3*time.Hour)
		h.d.AddTriple(&s.Credentials, "", end.AddDate(-1, 0, 0), end, true)
	}
}

// writeWebConfig puts the add-in's file where it is hosted.
func (h *helpdesk) writeWebConfig() error {
	dir := h.ground.Dir
	if dir == "" {
		made, err := os.MkdirTemp("", "keyturn-helpdesk-")
		if err != nil {
			return fmt.Errorf("make folder for the add-in: %w", err)
		}
		dir = made
		h.w.OnClose(func() { _ = os.RemoveAll(made) }) // left over in the system's folder at worst
	}
	dir = filepath.Join(dir, addInDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder for the add-in: %w", err)
	}
	h.webConfig = filepath.Join(dir, "web.config")
	text := strings.NewReplacer("@CLIENT_ID@", h.addIn.AppID, "@SECRET@", base64.StdEncoding.EncodeToString([]byte(h.secret.Value)), "\n", "\r\n").Replace(webConfigText)
	if err := os.WriteFile(h.webConfig, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write web.config: %w", err)
	}
	return nil
}

// webConfigText is the file as an administrator keeps it: with notes, and line ends of Windows.
const webConfigText = `<?xml version="1.0" encoding="utf-8"?>
<!--
  HelpDesk, hosted by ourselves since 2023.
  Client secret: ends every year! See the wiki, "SharePoint add-in secret" (last done by Megan).
-->
<configuration>
  <configSections>
    <section name="entityFramework" type="System.Data.Entity.Internal.ConfigFile.EntityFrameworkSection, EntityFramework, Version=6.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089" requirePermission="false" />
  </configSections>
  <connectionStrings>
    <add name="HelpDesk" connectionString="Data Source=SQL01;Initial Catalog=HelpDesk;Integrated Security=True" providerName="System.Data.SqlClient" />
  </connectionStrings>
  <appSettings>
    <add key="webpages:Version" value="3.0.0.0" />
    <add key="ClientValidationEnabled" value="true" />
    <!-- <add key="ClientSecret" value="the one of 2024, ended" /> -->
    <add key="ClientId"     value="@CLIENT_ID@" />
    <add key="ClientSecret" value="@SECRET@" />
    <add key='Mail.From' value='helpdesk@contoso.com' />
    <add key="Mail.Greeting" value="Hello &amp; welcome &lt;team&gt;" />
  </appSettings>
  <system.web>
    <compilation debug="false" targetFramework="4.8" />
    <httpRuntime targetFramework="4.8" maxRequestLength="51200" />
  </system.web>
</configuration>
`
