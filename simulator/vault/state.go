package vault

import (
	"maps"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// defaultRetention is how many days a deleted secret can be recovered unless the vault says otherwise.
const defaultRetention = 90

// Service is every key vault of the simulated cloud.
type Service struct {
	w      *world.World
	d      *directory.Directory
	roles  *role.Book
	vaults map[string]*Vault // by lower-case name
}

// Vault is one key vault.
type Vault struct {
	Name          string
	ResourceID    string // as ARM knows it
	Tenant        string // the directory whose tokens it takes
	Location      string
	Tags          map[string]string
	RBAC          bool // role assignments decide; else access policies
	RetentionDays int
	PurgeProtect  bool
	FirewallOn    bool // refuses every caller from outside the cloud
	Created       time.Time
	Policies      []*AccessPolicy
	SKU           string // standard or premium

	cloud        world.Cloud
	secrets      map[string]*Secret // by lower-case name
	certificates map[string]*Certificate
	deleted      map[string]*Secret
	backups      map[string]*Secret // by blob
	window       window
}

// VaultSpec says what vault to add.
type VaultSpec struct {
	Name, Tenant, Location string
	// ResourceID is the vault's ARM id, under which role assignments and locks are looked up.
	ResourceID     string
	Tags           map[string]string
	RBAC           bool
	AccessPolicies []AccessPolicy
	// RetentionDays defaults to 90, SKU to standard.
	RetentionDays int
	SKU           string
}

// AccessPolicy gives one principal permissions in one vault, in the words of ARM: get, list, set, all and so on.
type AccessPolicy struct {
	Tenant, ObjectID    string
	ApplicationID       string
	Keys, Secrets       []string
	Certificates, Store []string // Store is "storage" on the wire

	// From and Until bound the time in which the data plane heeds the entry; zero From: since ever, zero Until: for ever.
	From, Until time.Time
}

// Secret is one secret with all its versions, oldest first.
type Secret struct {
	Name     string // as first written
	Versions []*Version
	// Deleted and PurgeOn are set while the secret lies in the bin.
	Deleted, PurgeOn time.Time

	// settles is when deleting or recovering has come to its end.
	settles time.Time
}

// Version is one version of a secret.
type Version struct {
	ID          string // 32 hexadecimal digits
	Value       string
	ContentType string
	Tags        map[string]string
	Enabled     bool
	NotBefore   time.Time // zero: none
	Expires     time.Time // zero: none
	Created     time.Time
	Updated     time.Time
	Managed     bool // it is the private half of a certificate
}

// SecretSpec says how a version is set beside its value. The zero value is an enabled version with nothing else.
type SecretSpec struct {
	ContentType        string
	Tags               map[string]string
	Disabled           bool
	NotBefore, Expires time.Time
	Managed            bool
	// Created defaults to now; seeds set it in the past.
	Created time.Time
}

// New returns a service without vaults and declares its switches. The world's lock must not be held.
func New(w *world.World, d *directory.Directory) *Service {
	s := &Service{w: w, d: d, roles: role.NewBook(), vaults: map[string]*Vault{}}
	w.Lock()
	defer w.Unlock()
	w.Declare(FirewallSwitch, `the vault firewall refuses callers from outside: "on" for every vault, or a vault's name`, nil)
	w.Declare(PolicySwitch, `Azure Policy refuses to set secrets: "on" for all, "expiry" for those without exp, "content-type" for those without contentType`, nil)
	return s
}

// Roles is the book of role definitions and assignments, shared with the control plane.
func (s *Service) Roles() *role.Book { return s.roles }

// AddVault makes a vault; a vault of that name is replaced.
func (s *Service) AddVault(spec VaultSpec) *Vault {
	v := &Vault{
		cloud: s.w.Cloud(),
		Name:  spec.Name, ResourceID: spec.ResourceID, Tenant: strings.ToLower(spec.Tenant), Location: spec.Location, Tags: maps.Clone(spec.Tags),
		RBAC: spec.RBAC, RetentionDays: spec.RetentionDays, SKU: spec.SKU, Created: s.w.Now(),
		secrets: map[string]*Secret{}, certificates: map[string]*Certificate{}, deleted: map[string]*Secret{},
	}
	if v.RetentionDays == 0 {
		v.RetentionDays = defaultRetention
	}
	if v.SKU == "" {
		v.SKU = "standard"
	}
	for _, p := range spec.AccessPolicies {
		v.Policies = append(v.Policies, &p)
	}
	s.vaults[strings.ToLower(v.Name)] = v
	return v
}

// RemoveVault takes a vault away with all it holds and reports whether there was one.
func (s *Service) RemoveVault(name string) bool {
	_, there := s.vaults[strings.ToLower(name)]
	delete(s.vaults, strings.ToLower(name))
	return there
}

// Vault finds a vault by its name, letter case aside; nil when there is none.
func (s *Service) Vault(name string) *Vault { return s.vaults[strings.ToLower(name)] }

// Vaults lists the vaults in order of name.
func (s *Service) Vaults() []*Vault {
	names := slices.Sorted(maps.Keys(s.vaults))
	all := make([]*Vault, 0, len(names))
	for _, name := range names {
		all = append(all, s.vaults[name])
	}
	return all
}

// Secrets lists the vault's secrets in order of name, those in the bin left out.
func (v *Vault) Secrets() []*Secret { return inOrder(v.secrets) }

// DeletedSecrets lists the secrets in the bin in order of name.
func (v *Vault) DeletedSecrets() []*Secret { return inOrder(v.deleted) }

// Secret finds a secret by name, letter case aside; nil when there is none.
func (v *Vault) Secret(name string) *Secret { return v.secrets[strings.ToLower(name)] }

// URI is the vault's address with a slash at the end.
func (v *Vault) URI() string {
	return "https://" + strings.ToLower(v.Name) + "." + v.cloud.VaultSuffix + "/"
}

// Latest is the newest version.
func (s *Secret) Latest() *Version { return s.Versions[len(s.Versions)-1] }

// Version finds a version by its id, letter case aside; nil when there is none.
func (s *Secret) Version(id string) *Version {
	for _, v := range s.Versions {
		if strings.EqualFold(v.ID, id) {
			return v
		}
	}
	return nil
}

// SetSecret adds a version to a secret, making the secret when it is new. No permission is asked. nil when there is no such vault.
func (s *Service) SetSecret(vault, name, value string, spec SecretSpec) *Version {
	v := s.Vault(vault)
	if v == nil {
		return nil
	}
	secret := v.Secret(name)
	if secret == nil {
		secret = &Secret{Name: name}
		v.secrets[strings.ToLower(name)] = secret
	}
	added := s.newVersion(value, spec)
	secret.Versions = append(secret.Versions, added)
	return added
}

// Latest is the value of the newest version; ok is false when there is no such vault or secret.
func (s *Service) Latest(vault, name string) (value string, ok bool) {
	v := s.Vault(vault)
	if v == nil || v.Secret(name) == nil {
		return "", false
	}
	return v.Secret(name).Latest().Value, true
}

func (s *Service) newVersion(value string, spec SecretSpec) *Version {
	created := spec.Created
	if created.IsZero() {
		created = s.w.Now()
	}
	return &Version{
		ID: s.newVersionID(), Value: value, ContentType: spec.ContentType, Tags: maps.Clone(spec.Tags), Enabled: !spec.Disabled,
		NotBefore: spec.NotBefore, Expires: spec.Expires, Created: created, Updated: created, Managed: spec.Managed,
	}
}

func (s *Service) newVersionID() string { return strings.ReplaceAll(s.w.NewID(), "-", "") }

func inOrder(secrets map[string]*Secret) []*Secret {
	all := make([]*Secret, 0, len(secrets))
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		all = append(all, secrets[name])
	}
	return all
}
