package seed

import (
	"path/filepath"
	"strings"
	"text/template"
)

// What stands in [Sample.KeyturnYAML] for what only the running simulator knows: its address, and the file of its
// certificate authority.
const (
	ProxyPlaceholder  = "@PROXY@"
	CAFilePlaceholder = "@CA_FILE@"
)

// configurationText is the keyturn.yaml of a sample.
var configurationText = template.Must(template.New("keyturn.yaml").Parse(`# Made by the simulator: everything in it exists only there.
tenant: {{.Places.Domain}}
cloud: {{.Places.Cloud.Name}}
identity: default
network:
  proxy: "` + ProxyPlaceholder + `"
  caFile: "` + CAFilePlaceholder + `"
store: keyturn.db
policy:
  lifetime: 180d
  renewBefore: 30d
  settle: { successes: 5, over: 60s }
  overlap: { minimum: 14d, evidence: preferred }
applications:
  provision-assist:
    clientId: {{.ClientID}}
    targets:
      - keyVaultSecret: { vault: {{.Places.Vault}}, secret: appSecret }
      - apiConnection:
          resourceId: {{.VaultConnection}}
          parameters: { vaultName: {{.Places.Vault}} }
          probe: { workflow: CheckSiteExists, trigger: manual }
      - apiConnection:
          resourceId: {{.AutomationConnection}}
{{- if .Variable}}
      - automationVariable:
          account: {{.Account}}
          name: appSecret
{{- end}}
`))

// helpdeskText is the keyturn.yaml of a sample with an add-in.
var helpdeskText = template.Must(template.New("keyturn.yaml").Parse(`# Made by the simulator: everything in it exists only there.
tenant: {{.Places.Domain}}
cloud: {{.Places.Cloud.Name}}
identity: default
signIn: { clientId: {{.SignIn}}, password: allowed }
network:
  proxy: "` + ProxyPlaceholder + `"
  caFile: "` + CAFilePlaceholder + `"
store: keyturn.db
policy:
  lifetime: 365d
  renewBefore: 30d
  settle: { successes: 5, over: 60s }
  overlap: { minimum: 14d, evidence: preferred }
applications:
  helpdesk:
    clientId: {{.ClientID}}
    issuer: sharepoint
    sharePoint:
      site: {{.Site}}
    targets:
{{- if .WebApp}}
      - appServiceSetting:
          app: {{.WebApp}}
          name: ClientSecret
          secondary: SecondaryClientSecret
          clientId: ClientId
          form: base64
{{- else}}
      - webConfig: { path: "{{.WebConfig}}" }
{{- end}}
`))

func (h *helpdesk) configuration() string {
	var b strings.Builder
	if err := helpdeskText.Execute(&b, map[string]any{
		"Places": h.places, "SignIn": SignInClientID, "ClientID": h.addIn.AppID, "WebConfig": filepath.ToSlash(h.webConfig), "WebApp": h.webApp,
		"Site": "https://" + h.siteHost() + sitePath,
	}); err != nil {
		panic("seed: the configuration's template does not fit its data: " + err.Error())
	}
	return b.String()
}

func (s *planter) configuration() string {
	var b strings.Builder
	err := configurationText.Execute(&b, map[string]any{
		"Places": s.places, "ClientID": s.app.AppID, "Variable": s.variant.variable, "Account": s.places.account(),
		"VaultConnection":      s.places.connection(s.places.VaultConnection),
		"AutomationConnection": s.places.connection(s.places.AutomationConnection),
	})
	if err != nil {
		panic("seed: the configuration's template does not fit its data: " + err.Error())
	}
	return b.String()
}
