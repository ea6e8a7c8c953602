package seed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/acs"
	"keyturn/simulator/azure"
	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/sharepoint"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

// The samples' names.
const (
	// ProvisionAssist is a deployment from 2023 that was upgraded since: secret in the vault, in two connections and in
	// an encrypted variable, 25 days from its end, and the certificate with it.
	ProvisionAssist = "provision-assist"
	// ProvisionAssistExpired is the same with a secret that ended yesterday; its certificate still has months.
	ProvisionAssistExpired = "provision-assist-expired"
	// ProvisionAssistV2 is today's release: no variable, runbooks with the account's own identity.
	ProvisionAssistV2 = "provision-assist-v2"
	// ProvisionAssistStranger is ProvisionAssist with one more user of the secret that no resource names.
	ProvisionAssistStranger = "provision-assist-stranger"
)

// Names lists the samples that can be planted by their name alone; see [EstatePrefix] for those of any size.
func Names() []string {
	return []string{ProvisionAssist, ProvisionAssistExpired, ProvisionAssistV2, ProvisionAssistStranger, Helpdesk, HelpdeskApp, HelpdeskAzure}
}

// Sample is what a caller needs to work with a planted sample.
type Sample struct {
	// Tenant is the tenant's id, Domain its initial domain, Subscription the id of the Azure subscription.
	Tenant, Domain, Subscription string
	// AdminClientID and AdminSecret belong to a service principal that may do the work.
	AdminClientID, AdminSecret string
	// KeyturnYAML is a ready configuration with [ProxyPlaceholder] and [CAFilePlaceholder] in it.
	KeyturnYAML string
	// People lists the users with their passwords, as a text for people; "" where nobody is meant to sign in.
	People string
}

// variant says how a sample differs from the plain one.
type variant struct {
	secretLeft, certificateLeft time.Duration
	variable, stranger          bool
}

const day = 24 * time.Hour

// variants by name. The plain secret and certificate have 25 days and some hours, so that people read "25 days".
func variants() map[string]variant {
	const soon = 25*day + 3*time.Hour
	return map[string]variant{
		ProvisionAssist:         {secretLeft: soon, certificateLeft: soon, variable: true},
		ProvisionAssistExpired:  {secretLeft: -day, certificateLeft: 160 * day, variable: true},
		ProvisionAssistV2:       {secretLeft: soon, certificateLeft: soon},
		ProvisionAssistStranger: {secretLeft: soon, certificateLeft: soon, variable: true, stranger: true},
	}
}

// Ground is the empty cloud that a sample is planted in.
type Ground struct {
	World      *world.World
	Directory  *directory.Directory
	Vaults     *vault.Service
	Azure      *azure.Service
	Park       *consumer.Park
	ACS        *acs.Service
	SharePoint *sharepoint.Service
	// Dir is where files of the organisation's own computers go; without it samples keep them in a folder of the system's
	// for temporary files, which goes away with the world.
	Dir string
}

// planter holds the parts of the cloud while a sample is planted.
type planter struct {
	ground Ground
	w      *world.World
	d      *directory.Directory
	v      *vault.Service
	a      *azure.Service
	p      *consumer.Park

	variant variant
	now     time.Time
	places  places

	app         *directory.Application
	admin       *directory.Application
	secret      *directory.Password
	adminSecret *directory.Password
	installer   *directory.User
	service     *directory.User
}

// Plant fills an empty cloud with a sample and starts its consumers. It holds the world's lock itself. An unknown name
// is an error that lists the known ones.
func Plant(name string, g Ground) (Sample, error) {
	chosen, ok := variants()[name]
	if !ok && !isHelpdesk(name) && !strings.HasPrefix(name, EstatePrefix) {
		return Sample{}, fmt.Errorf("no sample is named %q; known: %s", name, strings.Join(slices.Sorted(slices.Values(Names())), ", ")+", "+EstatePrefix+"N")
	}
	w := g.World
	w.Lock()
	defer w.Unlock()
	s := &planter{
		ground: g, w: w, d: g.Directory, v: g.Vaults, a: g.Azure, p: g.Park, variant: chosen, now: w.Now().Truncate(time.Second),
	}
	switch {
	case isHelpdesk(name):
		return s.plantHelpdesk(name)
	case !ok:
		return s.plantEstate(name)
	}
	s.plantDirectory()
	if err := s.plantVault(); err != nil {
		return Sample{}, fmt.Errorf("plant %s: %w", name, err)
	}
	s.plantAzure()
	s.plantRootSite()
	s.declareRights()
	if err := s.plantConsumers(); err != nil {
		return Sample{}, fmt.Errorf("plant %s: %w", name, err)
	}
	return s.sample(), nil
}

func (s *planter) sample() Sample {
	return Sample{
		Tenant: s.places.Tenant, Domain: s.places.Domain, Subscription: s.places.Subscription,
		AdminClientID: s.admin.AppID, AdminSecret: s.adminSecret.Value, KeyturnYAML: s.configuration(),
	}
}
