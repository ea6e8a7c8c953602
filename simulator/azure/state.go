package azure

import (
	"maps"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

// Service is Azure Resource Manager with its providers.
type Service struct {
	// RunWorkflow runs a workflow now and says how it went; nil: every run succeeds without doing anything. Called with the lock held.
	RunWorkflow func(workflowID, trigger string) RunResult
	// RunJob runs a runbook now; nil: every job completes without output. Called with the lock held.
	RunJob func(accountID, runbook string, parameters map[string]string) JobResult

	w             *world.World
	d             *directory.Directory
	v             *vault.Service
	roles         *role.Book
	subscriptions []*Subscription
	resources     []*Resource
	byID          map[string]*Resource
	connections   map[string]*Connection
	variables     map[string]*Variable
	variableOrder []string
	sites         map[string]*site
	jobs          map[string][]*job // by account
	runs          map[string][]*Run // by workflow, oldest first
	locks         []*Lock
	buckets       map[bucketKey]*bucket
	routes        routes
	callbackKey   []byte // signs callback addresses
}

// Subscription is an Azure subscription with its resource groups.
type Subscription struct {
	ID, Name, Tenant string
	Groups           []*Group
}

// Group is a resource group.
type Group struct {
	Name, Location string
	Tags           map[string]string
}

// Resource is anything with an ARM id. Connections, variables and vaults keep their own state beside or instead of it.
type Resource struct {
	ID, Name, Type, Kind, Location string
	Tags                           map[string]string
	Properties                     map[string]any
	Identity, SKU                  map[string]any
	Created, Changed               time.Time

	// indexedFrom is when listings begin to show it; only what is tracked shows in them at all.
	indexedFrom time.Time
	tracked     bool
}

// New returns a cloud without subscriptions and declares its switches. The world's lock must not be held.
func New(w *world.World, d *directory.Directory, v *vault.Service) *Service {
	s := &Service{
		w: w, d: d, v: v, roles: v.Roles(),
		byID: map[string]*Resource{}, connections: map[string]*Connection{}, variables: map[string]*Variable{},
		jobs: map[string][]*job{}, runs: map[string][]*Run{}, buckets: map[bucketKey]*bucket{},
	}
	s.routes = newRoutes(s)
	w.Lock()
	defer w.Unlock()
	s.callbackKey = []byte(w.NewID())
	declareSwitches(w)
	return s
}

// key is the form in which ids are compared.
func key(id string) string { return role.Normal(id) }

// AddSubscription makes a subscription.
func (s *Service) AddSubscription(id, name, tenant string) *Subscription {
	added := &Subscription{ID: strings.ToLower(id), Name: name, Tenant: strings.ToLower(tenant)}
	s.subscriptions = append(s.subscriptions, added)
	return added
}

// Subscription finds a subscription by id; nil when there is none.
func (s *Service) Subscription(id string) *Subscription {
	for _, sub := range s.subscriptions {
		if strings.EqualFold(sub.ID, id) {
			return sub
		}
	}
	return nil
}

// Subscriptions lists the subscriptions in order of creation.
func (s *Service) Subscriptions() []*Subscription { return s.subscriptions }

// AddGroup makes a resource group; nil when there is no such subscription.
func (s *Service) AddGroup(subscription, name, location string) *Group {
	sub := s.Subscription(subscription)
	if sub == nil {
		return nil
	}
	added := &Group{Name: name, Location: location}
	sub.Groups = append(sub.Groups, added)
	return added
}

// Group finds a resource group by name, letter case aside; nil when there is none.
func (sub *Subscription) Group(name string) *Group {
	for _, g := range sub.Groups {
		if strings.EqualFold(g.Name, name) {
			return g
		}
	}
	return nil
}

// AddResource makes a resource, or replaces the one with the same id. Name and Type may be left empty: the id says them. A connection's
// parameterValues, given in Properties as a template has them, are kept aside where no GET shows them. Vaults are added to package vault instead.
func (s *Service) AddResource(r Resource) *Resource {
	at := parsePath(r.ID)
	if r.Name == "" {
		r.Name = at.name()
	}
	if r.Type == "" {
		r.Type = at.resourceType()
	}
	now := s.w.Now()
	if r.Created.IsZero() {
		r.Created = now
	}
	if r.Changed.IsZero() {
		r.Changed = r.Created
	}
	r.Tags, r.Properties = maps.Clone(r.Tags), maps.Clone(r.Properties)
	added := &r
	if strings.EqualFold(r.Type, connectionType) {
		s.connections[key(r.ID)] = newConnection(added)
	}
	s.put(added)
	return added
}

func (s *Service) put(r *Resource) {
	r.tracked = tracked(r)
	if old, ok := s.byID[key(r.ID)]; ok {
		*old = *r
		return
	}
	s.byID[key(r.ID)] = r
	s.resources = append(s.resources, r)
}

// Resource finds a resource by id, letter case aside; nil when there is none.
func (s *Service) Resource(id string) *Resource { return s.byID[key(id)] }

// Resources lists the resources of a type, in order of creation; "" lists all. Vaults and variables are not among them.
func (s *Service) Resources(resourceType string) []*Resource {
	var found []*Resource
	for _, r := range s.resources {
		if resourceType == "" || strings.EqualFold(r.Type, resourceType) {
			found = append(found, r)
		}
	}
	return found
}

// RemoveResource takes a resource and everything below it away; it reports whether there was one.
func (s *Service) RemoveResource(id string) bool {
	if s.Resource(id) == nil {
		return false
	}
	kept := s.resources[:0]
	for _, r := range s.resources {
		if role.Covers(id, r.ID) {
			delete(s.byID, key(r.ID))
			delete(s.connections, key(r.ID))
			delete(s.runs, key(r.ID))
			delete(s.jobs, key(r.ID))
			continue
		}
		kept = append(kept, r)
	}
	s.resources = kept
	s.removeSites(id)
	for _, v := range s.Variables() {
		if role.Covers(id, v.ID) {
			s.removeVariable(v.ID)
		}
	}
	return true
}

// AddRoleAssignment gives a principal a role, named or by GUID, at a scope; it counts at once. It reports whether the role is known.
func (s *Service) AddRoleAssignment(principal, roleNameOrID, scope string) bool {
	d, ok := s.roles.Named(roleNameOrID)
	if !ok {
		d, ok = s.roles.Definition(roleNameOrID)
	}
	if !ok {
		return false
	}
	now := s.w.Now()
	s.roles.Assign(role.Assignment{Name: s.w.NewID(), Scope: scope, PrincipalID: principal, UserKind: s.isUser(principal), DefinitionID: d.ID, Created: now, From: now})
	return true
}

func (s *Service) isUser(objectID string) bool {
	for _, t := range s.d.Tenants() {
		if t.User(objectID) != nil {
			return true
		}
	}
	return false
}

// Lock keeps a scope and all below from being changed.
type Lock struct {
	Name, Scope, Notes string
	Level              LockLevel
}

// LockLevel says what a lock forbids.
type LockLevel string

// The levels of a lock.
const (
	ReadOnly     LockLevel = "ReadOnly"     // neither writes nor deletes nor actions
	CanNotDelete LockLevel = "CanNotDelete" // no deletes
)

// AddLock puts a lock on a scope.
func (s *Service) AddLock(scope, name string, level LockLevel) {
	s.locks = append(s.locks, &Lock{Name: name, Scope: scope, Level: level})
}
