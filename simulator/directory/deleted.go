package directory

import (
	"slices"
	"strings"
	"time"
)

// deletedLife is how long what was deleted can be put back.
// Source: https://learn.microsoft.com/graph/api/resources/directory, read 2026-11-26.
const deletedLife = 30 * 24 * time.Hour

// Deleted is an app registration that can be put back, with the service principal that went with it.
type Deleted struct {
	Application *Application
	Time        time.Time

	principal *ServicePrincipal
}

// Discard deletes an app registration as Graph does: [Directory.Restore] puts it back within 30 days. Its credentials die at once.
func (d *Directory) Discard(a *Application) {
	a.Tenant.deleted = append(a.Tenant.deleted, &Deleted{Application: a, Time: d.w.Now(), principal: a.ServicePrincipal})
	d.DeleteApplication(a)
}

// DeletedOf lists the app registrations of a tenant that can be put back.
func (d *Directory) DeletedOf(t *Tenant) []*Deleted {
	t.deleted = slices.DeleteFunc(t.deleted, func(one *Deleted) bool { return d.w.Now().Sub(one.Time) > deletedLife })
	return slices.Clone(t.deleted)
}

// DeletedItem finds one of them by its object id; nil when there is none.
func (d *Directory) DeletedItem(t *Tenant, objectID string) *Deleted {
	for _, one := range d.DeletedOf(t) {
		if strings.EqualFold(one.Application.ObjectID, objectID) {
			return one
		}
	}
	return nil
}

// Restore puts one back, with its service principal.
func (d *Directory) Restore(one *Deleted) {
	d.Purge(one)
	a := one.Application
	a.Tenant.addApplication(a)
	if a.ServicePrincipal = one.principal; one.principal != nil {
		a.Tenant.addPrincipal(one.principal)
	}
	a.lag.begin(nil, d)
}

// Purge takes one away for good.
func (d *Directory) Purge(one *Deleted) {
	t := one.Application.Tenant
	t.deleted = slices.DeleteFunc(t.deleted, func(other *Deleted) bool { return other == one })
}
