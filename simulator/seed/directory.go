package seed

import (
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/pfx"
)

// plantDirectory makes the tenant, its people, Provision Assist's app registration, its neighbours and the
// administrator's identity.
func (s *planter) plantDirectory() {
	s.places = newPlaces(s.w)
	s.d.AddTenant(directory.TenantSpec{ID: s.places.Tenant, Domain: s.places.Domain, DisplayName: "Contoso"})
	s.installer = s.d.AddUser(s.places.Tenant, directory.UserSpec{
		Name: "megan.bowen@" + s.places.Domain, Password: "Autumn-" + s.w.NewID()[:8], DisplayName: "Megan Bowen", MFA: true,
		Roles: []string{"Global Administrator"},
	})
	s.service = s.d.AddUser(s.places.Tenant, directory.UserSpec{
		Name: "provisionassist@" + s.places.Domain, Password: "Sa+" + s.w.NewID()[:13] + "&", DisplayName: "Provision Assist service account",
	})
	s.plantAdmin()
	s.plantApp()
	s.plantNeighbours()
}

// plantAdmin makes the identity that may do the work: in Graph it may change only what it owns.
func (s *planter) plantAdmin() {
	s.admin = s.d.AddApplication(s.places.Tenant, directory.AppSpec{
		DisplayName: "keyturn-admin", Created: s.now.Add(-30 * day),
		Roles: []string{"Application.ReadWrite.OwnedBy", "Policy.Read.ApplicationConfiguration", "AuditLog.Read.All"},
	})
	s.adminSecret = s.d.AddPassword(s.admin, directory.PasswordSpec{
		DisplayName: "administrator", Start: s.now.Add(-30 * day), End: s.now.Add(335 * day), Settled: true,
	})
}

// plantApp makes Provision Assist's app registration. The installer gives the secret no description and a year to live.
func (s *planter) plantApp() {
	s.app = s.d.AddApplication(s.places.Tenant, directory.AppSpec{
		DisplayName: "Provision Assist", Created: s.now.Add(-900 * day),
		Roles:  []string{"Group.ReadWrite.All", "Directory.ReadWrite.All", "Sites.FullControl.All"},
		Scopes: []string{"Group.ReadWrite.All"},
		Owners: []string{s.installer.ObjectID, s.admin.ServicePrincipal.ObjectID},
	})
	end := s.now.Add(s.variant.secretLeft)
	s.secret = s.d.AddPassword(s.app, directory.PasswordSpec{Start: end.AddDate(-1, 0, 0), End: end, Settled: true})
}

// neighbour is another app registration of the tenant: what a scan finds beside the sample.
type neighbour struct {
	name, audience string
	age            time.Duration
	secrets        []credential
	certificates   []credential
}

// credential is one secret or certificate; left is negative when it has ended.
type credential struct {
	name       string
	life, left time.Duration
}

func neighbours() []neighbour {
	const year = 365 * day
	return []neighbour{
		{name: "HR Onboarding", age: 700 * day, secrets: []credential{{"prod", year, 11 * day}, {"prod 2025", year, -150 * day}}},
		{name: "Intranet Search Crawler", age: 1100 * day, secrets: []credential{{"", 2 * year, -94 * day}}},
		{name: "Power BI Gateway", age: 400 * day, certificates: []credential{{"CN=pbi-gateway", year, 6 * day}}},
		{name: "Payroll Export", age: 60 * day, secrets: []credential{{"sftp job", 180 * day, 170 * day}}},
		{name: "Legacy Timesheets", age: 2000 * day, secrets: []credential{{"never touch", 20 * year, 15 * year}}},
		{name: "SharePoint Backup", age: 800 * day, certificates: []credential{{"CN=spbackup", 2 * year, -20 * day}}, secrets: []credential{{"fallback", year, 44 * day}}},
		{name: "Partner Portal", audience: "AzureADandPersonalMicrosoftAccount", age: 500 * day, secrets: []credential{{"web 1", year, 19 * day}, {"web 2", year, 200 * day}}},
		{name: "Room Booking", age: 90 * day},
	}
}

// plantNeighbours gives them certificates of which only the thumbprint is known: nobody signs in with them. Some hours
// are added to every date, so that people read whole days.
func (s *planter) plantNeighbours() {
	for _, n := range neighbours() {
		app := s.d.AddApplication(s.places.Tenant, directory.AppSpec{
			DisplayName: n.name, Audience: n.audience, Created: s.now.Add(-n.age), Owners: []string{s.installer.ObjectID},
		})
		for _, c := range n.secrets {
			end := s.now.Add(c.left + 3*time.Hour)
			s.d.AddPassword(app, directory.PasswordSpec{DisplayName: c.name, Start: end.Add(-c.life), End: end, Settled: true})
		}
		for _, c := range n.certificates {
			end := s.now.Add(c.left + 3*time.Hour)
			s.d.AddCertificate(app, directory.CertSpec{
				DisplayName: c.name, Start: end.Add(-c.life), End: end, Thumbprint: s.drawThumbprint(),
			})
		}
	}
}

// drawThumbprint draws one of a certificate whose bytes nobody needs.
func (s *planter) drawThumbprint() string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 40)
	for i := range b {
		b[i] = digits[s.w.Rand().IntN(len(digits))]
	}
	return string(b)
}

// register puts a certificate's public half onto Provision Assist's app registration.
func (s *planter) register(c pfx.Certificate, start, end time.Time) {
	s.d.AddCertificate(s.app, directory.CertSpec{
		DisplayName: "CN=" + s.places.Certificate, Start: start, End: end, Thumbprint: c.Thumbprint(), PublicDER: c.DER,
	})
}
