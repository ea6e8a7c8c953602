package vault

import (
	"slices"
	"strings"
	"time"
)

// Fresh access policies and dropped ones take this long to be heeded by the data plane.
const (
	policyLagMin = 2 * time.Second
	policyLagMax = 25 * time.Second
)

// ListedPolicies are the entries that the control plane shows: all but the dropped ones that still linger in the data plane.
func (v *Vault) ListedPolicies() []AccessPolicy {
	var listed []AccessPolicy
	for _, p := range v.Policies {
		if p.Until.IsZero() {
			listed = append(listed, *p)
		}
	}
	return listed
}

// AddPolicies merges entries into those of the same principal and adds the others. The data plane heeds the change after a lag.
func (s *Service) AddPolicies(v *Vault, entries []AccessPolicy) {
	s.change(v, entries, func(old, entry AccessPolicy) AccessPolicy {
		entry.Keys, entry.Secrets = union(old.Keys, entry.Keys), union(old.Secrets, entry.Secrets)
		entry.Certificates, entry.Store = union(old.Certificates, entry.Certificates), union(old.Store, entry.Store)
		return entry
	})
}

// ReplacePolicies sets the whole list: principals not among the entries lose what they had.
func (s *Service) ReplacePolicies(v *Vault, entries []AccessPolicy) {
	kept := func(p AccessPolicy) bool {
		return slices.ContainsFunc(entries, func(e AccessPolicy) bool { return e.samePrincipal(p) })
	}
	at := s.heeded()
	for _, p := range v.Policies {
		if p.Until.IsZero() && !kept(*p) {
			p.Until = at
		}
	}
	s.change(v, entries, func(_, entry AccessPolicy) AccessPolicy { return entry })
}

// RemovePolicies takes the permissions of the entries from their principals; an entry left without any goes.
func (s *Service) RemovePolicies(v *Vault, entries []AccessPolicy) {
	known := slices.DeleteFunc(slices.Clone(entries), func(e AccessPolicy) bool { return v.listed(e) == nil })
	s.change(v, known, func(old, entry AccessPolicy) AccessPolicy {
		entry.Keys, entry.Secrets = less(old.Keys, entry.Keys), less(old.Secrets, entry.Secrets)
		entry.Certificates, entry.Store = less(old.Certificates, entry.Certificates), less(old.Store, entry.Store)
		return entry
	})
}

// change puts merge(old, entry) in the place of each entry's principal; old and new change over at the same later instant.
func (s *Service) change(v *Vault, entries []AccessPolicy, merge func(old, entry AccessPolicy) AccessPolicy) {
	for _, entry := range entries {
		at := s.heeded()
		var old AccessPolicy
		if p := v.listed(entry); p != nil {
			old = *p
			p.Until = at
		}
		next := merge(old, entry)
		next.From, next.Until = at, time.Time{}
		if old.ObjectID != "" && next.samePermissions(old) {
			next.From = old.From
		}
		if !next.empty() {
			v.Policies = append(v.Policies, &next)
		}
	}
	now := s.w.Now()
	v.Policies = slices.DeleteFunc(v.Policies, func(p *AccessPolicy) bool { return !p.Until.IsZero() && !now.Before(p.Until) })
}

func (s *Service) heeded() time.Time { return s.w.Now().Add(s.w.Between(policyLagMin, policyLagMax)) }

func (v *Vault) listed(entry AccessPolicy) *AccessPolicy {
	for _, p := range v.Policies {
		if p.Until.IsZero() && p.samePrincipal(entry) {
			return p
		}
	}
	return nil
}

func (p AccessPolicy) samePrincipal(o AccessPolicy) bool {
	return strings.EqualFold(p.ObjectID, o.ObjectID) && strings.EqualFold(p.ApplicationID, o.ApplicationID)
}

func (p AccessPolicy) samePermissions(o AccessPolicy) bool {
	return slices.Equal(p.Keys, o.Keys) && slices.Equal(p.Secrets, o.Secrets) && slices.Equal(p.Certificates, o.Certificates) && slices.Equal(p.Store, o.Store)
}

func (p AccessPolicy) empty() bool {
	return len(p.Keys)+len(p.Secrets)+len(p.Certificates)+len(p.Store) == 0
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, one := range b {
		if !has(all, one) {
			all = append(all, one)
		}
	}
	return all
}

func less(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(one string) bool { return has(b, one) })
}

func has(list []string, one string) bool {
	return slices.ContainsFunc(list, func(o string) bool { return strings.EqualFold(o, one) })
}
