package advice

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"keyturn/inventory"
)

// AddInCase is what is known of an add-in.
type AddInCase struct {
	AddIn    inventory.AddIn
	Tenant   string    // its id or a domain of it
	Site     string    // address of the site it works on; "" = not known
	Requests []Request // what it was granted; none = not known
	Places   []string  // titles of the places that hold its secret
	Now      time.Time
}

// Retired is the day on which Azure ACS for SharePoint Online ended, in every cloud.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/retirement-announcement-for-azure-acs (read 2026-11-22).
var Retired = time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)

// ForAddIn writes the migration of a SharePoint add-in to an Entra app.
func ForAddIn(c AddInCase) Advice {
	a := Advice{
		App: c.AddIn.App, ClientID: c.AddIn.ClientID, Kind: KindAddIn, Facts: c.facts(),
		Verdict: "Azure ACS for SharePoint Online was retired on 2 April 2026: no new secret makes this add-in work again. " +
			"It needs an Entra app with a certificate, since SharePoint refuses tokens got with a secret.",
	}
	a.Steps = []Step{c.register(), c.permissions(), c.grant(), c.rebuild(), c.prove(), c.remove()}
	return a
}

func (c AddInCase) facts() []string {
	facts := []string{"it is registered as: " + c.AddIn.Registered + " (object id " + c.AddIn.ObjectID + ")"}
	switch {
	case c.AddIn.Expires.IsZero():
		facts = append(facts, "it has no secret")
	default:
		facts = append(facts, fmt.Sprintf("its secret ends on %s (%s); what works now: %s, %s, %s", c.AddIn.Expires.Format("2 Jan 2006"), c.AddIn.State,
			count(c.AddIn.Passwords, "password"), count(c.AddIn.Signing, "signing key"), count(c.AddIn.Verifying, "verifying key")))
	}
	switch c.AddIn.Used {
	case "seen":
		facts = append(facts, "it was last seen to sign in on "+c.AddIn.LastUse.Format("2 Jan 2006"))
	case "not seen":
		facts = append(facts, "the reports show nobody signing in as it")
	default:
		facts = append(facts, "whether anybody signs in as it isn't known: the reports can't be read")
	}
	for _, place := range c.Places {
		facts = append(facts, "its secret is in "+place)
	}
	return facts
}

func (c AddInCase) newName() string { return strings.TrimSpace(c.AddIn.App + " (Entra)") }

// register makes the new app; the old client id stays with the old principal.
func (c AddInCase) register() Step {
	return Step{
		Title: "Register an Entra app with a certificate",
		Why:   "A new registration, since ACS's principal can't become one. The certificate's key stays where the add-in runs; only its public half goes to Entra.",
		Changes: []string{
			"Run this where the add-in runs, in PowerShell with the modules Microsoft.Graph and PKI, as a Cloud Application Administrator.",
			"On another host, make the certificate in a Key Vault instead, and let the host read it with a managed identity.",
		},
		Shell: "powershell",
		Script: fmt.Sprintf(`Connect-MgGraph -TenantId %s -Scopes Application.ReadWrite.All -NoWelcome
$certificate = New-SelfSignedCertificate -Subject %s -CertStoreLocation Cert:\LocalMachine\My -KeyExportPolicy NonExportable -NotAfter (Get-Date).AddYears(1)
$app = New-MgApplication -DisplayName %s -SignInAudience AzureADMyOrg -KeyCredentials @(@{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate.RawData })
New-MgServicePrincipal -AppId $app.AppId | Out-Null
"client ID $($app.AppId), certificate $($certificate.Thumbprint)"`, quote(c.Tenant), quote("CN="+certName(c.AddIn.App)), quote(c.newName())),
	}
}

// permissions translates what ACS had granted.
func (c AddInCase) permissions() Step {
	s := Step{
		Title: "Give it the permissions that the add-in had, and no more",
		Why:   "As application permissions, with admin consent (a Privileged Role Administrator grants those).",
	}
	requests := c.Requests
	if len(requests) == 0 {
		s.Changes = append(s.Changes, "What it was granted isn't known here: open _layouts/15/appprincipals.aspx on its site, or take AppManifest.xml, and give it with --permissions FILE. Translate by this:")
		requests = usual()
	}
	for _, r := range requests {
		t := Translate(r)
		s.Changes = append(s.Changes, t.sentence())
	}
	return s
}

// usual are the requests that most add-ins make.
func usual() []Request {
	return []Request{
		{"http://sharepoint/content/sitecollection", "FullControl"},
		{"http://sharepoint/content/sitecollection/web", "Manage"},
		{"http://sharepoint/content/sitecollection/web/list", "Write"},
		{"http://sharepoint/content/tenant", "Read"},
		{"http://sharepoint/taxonomy", "Read"},
		{"http://sharepoint/social/tenant", "Read"},
		{"http://sharepoint/search", "QueryAsUserIgnoreAppPrincipal"},
	}
}

func (t Translation) sentence() string {
	text := fmt.Sprintf("%s, %s → ", t.Scope, t.Right)
	switch {
	case t.Permission == "":
		text += "nothing"
	case t.Role != "":
		text += t.Permission + " (of SharePoint and of Microsoft Graph), with the role " + t.Role + " on its own site"
	default:
		text += t.Permission
	}
	if t.Note != "" {
		text += "; " + t.Note
	}
	return text
}

// role is the widest that the requests need on the site.
func (c AddInCase) role() string {
	order := []string{"read", "write", "manage", "fullcontrol"}
	widest := -1
	for _, r := range c.Requests {
		widest = max(widest, slices.Index(order, Translate(r).Role))
	}
	if widest < 0 {
		return "write"
	}
	return order[widest]
}

// grant opens the one site. Roles above write are set in a second call.
// Source: https://learn.microsoft.com/graph/api/site-post-permissions (read 2026-11-25).
func (c AddInCase) grant() Step {
	site := c.Site
	if site == "" {
		site = "https://CONTOSO.sharepoint.com/sites/THE-ADD-IN"
	}
	role, first := c.role(), c.role()
	if role != "read" {
		first = "write"
	}
	script := fmt.Sprintf(`Connect-MgGraph -TenantId %s -Scopes Sites.FullControl.All -NoWelcome
$site = Invoke-MgGraphRequest GET %s
$grant = Invoke-MgGraphRequest POST "https://graph.microsoft.com/v1.0/sites/$($site.id)/permissions" -Body @{
    roles = @(%s); grantedToIdentities = @(@{ application = @{ id = 'NEW-CLIENT-ID'; displayName = %s } }) }`,
		quote(c.Tenant), quote("https://graph.microsoft.com/v1.0/sites/"+siteKey(site)), quote(first), quote(c.newName()))
	if role != first {
		script += fmt.Sprintf("\nInvoke-MgGraphRequest PATCH \"https://graph.microsoft.com/v1.0/sites/$($site.id)/permissions/$($grant.id)\" -Body @{ roles = @(%s) }", quote(role))
	}
	return Step{
		Title: "Open the add-in's own site to it, and no other", Why: "Sites.Selected alone opens nothing. A SharePoint Administrator runs this once for each site.",
		Shell: "powershell", Script: script,
	}
}

// siteKey addresses a site as Graph does: host:/path.
func siteKey(site string) string {
	at, err := url.Parse(site)
	if err != nil || at.Host == "" {
		return site
	}
	if path := strings.Trim(at.Path, "/"); path != "" {
		return at.Host + ":/" + path
	}
	return at.Host
}

func (c AddInCase) rebuild() Step {
	return Step{
		Title: "Change the add-in",
		Why:   "If you bought it, this is the vendor's work: ask for the release that signs in with Entra ID, and skip to step 2 for the permissions that it asks for.",
		Changes: []string{
			"As the app alone: replace TokenHelper.GetAppOnlyAccessToken by MSAL's ConfidentialClientApplication with the certificate (WithCertificate), scope https://TENANT.sharepoint.com/.default.",
			"As the signed-in user: replace the context token that SharePoint posts to the add-in by OpenID Connect and the authorization code flow; pass the user's token on with on-behalf-of.",
			"In web.config: take ClientId, ClientSecret and SecondaryClientSecret out; put the new client ID, the tenant's id and the certificate's thumbprint in. No secret is left in it.",
			"Remote event receivers go on until 1 July 2027 once they are registered by the Entra app; use Graph's change notifications instead.",
			"Pages, web parts and menu commands that came with the add-in package move to the SharePoint Framework: add-ins themselves were retired on the same day.",
		},
	}
}

func (c AddInCase) prove() Step {
	return Step{
		Title: "Prove it before anything is removed",
		Changes: []string{
			"Let the add-in do its work with the new registration, on its own site, for a week that is like any other.",
			"keyturn scan --sharepoint shows whether anybody still signs in as the old one.",
			"Note when the certificate ends: it is renewed once a year, and keyturn scan lists it.",
		},
	}
}

// remove takes the old registration away, secret first, so that it can be brought back while somebody might complain.
func (c AddInCase) remove() Step {
	kind, get := "ServicePrincipal", "Get-MgServicePrincipal -ServicePrincipalId"
	if c.AddIn.Registered == "app registration" {
		kind, get = "Application", "Get-MgApplication -ApplicationId"
	}
	return Step{
		Title: "Remove what is left of ACS",
		Why:   "Its secret still signs in to other things than SharePoint for as long as it lasts.",
		Changes: []string{
			"On the site: Site settings, Site app permissions (_layouts/15/appprincipals.aspx), remove the add-in; in the app catalog, remove its package.",
			"Wait a week, then remove the principal. It stays in the recycle bin for 30 days.",
			"Take its application out of keyturn.yaml.",
		},
		Shell: "powershell",
		Script: fmt.Sprintf(`Connect-MgGraph -TenantId %s -Scopes Application.ReadWrite.All -NoWelcome
$old = %s %s
foreach ($secret in $old.PasswordCredentials) { Remove-Mg%sPassword -%sId $old.Id -KeyId $secret.KeyId }
# a week later:
Remove-Mg%s -%sId $old.Id`, quote(c.Tenant), get, quote(c.AddIn.ObjectID), kind, kind, kind, kind),
	}
}

// certName is a name as a certificate's subject takes it.
func certName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`,+"\<>;=#`, r) {
			return ' '
		}
		return r
	}, name)
}

// quote writes a text as PowerShell takes it literally; it takes typographic apostrophes for quotes too.
func quote(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, mark := range []string{"'", "\u2018", "\u2019", "\u201a", "\u201b"} {
		text = strings.ReplaceAll(text, mark, mark+mark)
	}
	return "'" + text + "'"
}
