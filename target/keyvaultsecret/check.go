package keyvaultsecret

import (
	"context"
	"fmt"
	"sync"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
	"keyturn/vault"
)

const (
	getAction  = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
	listAction = "Microsoft.KeyVault/vaults/secrets/readMetadata/action"
	setAction  = "Microsoft.KeyVault/vaults/secrets/setSecret/action"
)

// Plane is what the target needs of the control plane; [arm.Client] is one.
type Plane interface {
	FindVault(ctx context.Context, name string) (arm.Vault, error)
	Permissions(ctx context.Context, scope string) (arm.Permissions, error)
}

// Check reads the secret for real from this computer, and looks up whether it may be written, since trying that would
// make a version.
func (t *Target) Check(ctx context.Context) []check.Check {
	var place arm.Vault
	var placeErr error
	var finding sync.WaitGroup
	finding.Go(func() { place, placeErr = t.Plane.FindVault(ctx, t.vault) })
	latest, readErr := t.get(ctx, "")
	finding.Wait()
	checks := []check.Check{t.checkRead(ctx, readErr, place)}
	switch {
	case latest.Managed:
		checks = append(checks, target.Failed("vault.kind", t.Place().Title, t.certificate()))
	case len(vault.Foreign(latest.Tags)) >= vault.MaxTags:
		checks = append(checks, target.Failed("vault.tags", t.Place().Title, t.full()))
	}
	if placeErr != nil {
		return append(checks, t.trySet(ctx))
	}
	return append(checks, t.checkSet(ctx, place, couldRead(readErr)))
}

// couldRead: a vault says "not found" and "disabled" only to those who may read.
func couldRead(err error) bool {
	return err == nil || problem.Is(err, problem.NotFound) || problem.Is(err, vault.Disabled)
}

func (t *Target) checkRead(ctx context.Context, err error, place arm.Vault) check.Check {
	const id = "vault.get"
	title := t.Place().Title
	switch {
	case err == nil:
		return check.Pass(id, title, "it can be read from here")
	case !problem.Is(err, problem.NotFound):
		return target.Failed(id, title, err, t.grants(vault.ModelOf(err), place.ID)...)
	}
	if binned, err := t.Vaults.Deleted(ctx, t.vault, t.secret); err == nil && binned {
		return check.Fail(id, title, vault.Binned, "this secret was deleted and lies in the recycle bin, which keeps its name",
			fmt.Sprintf("az keyvault secret recover --vault-name %s --name %s", t.vault, t.secret))
	}
	return check.Warn(id, title, "secret.new", "there is no such secret yet; it will be made", "check the name, if you expected one")
}

// trySet asks the vault itself, where the control plane doesn't tell.
func (t *Target) trySet(ctx context.Context) check.Check {
	const id = "vault.set"
	title := t.Place().Title
	err := t.Vaults.MayUpdate(ctx, t.vault, t.secret)
	switch {
	case err == nil:
		return check.Pass(id, title, "the vault lets us change it")
	case problem.Is(err, problem.Denied):
		return target.Failed(id, title, err, t.grants(vault.ModelOf(err), "")...)
	}
	return check.Unsure(id, title, "whether it may be written is known only when tried: "+problem.Of(err).Message)
}

// checkSet judges by what the control plane shows. Where that doesn't even explain that reading works, rights come by a
// way that we can't see, such as a group, and the vault itself is asked.
func (t *Target) checkSet(ctx context.Context, place arm.Vault, read bool) check.Check {
	const id = "vault.set"
	title := t.Place().Title
	model := vault.ByPolicy
	if place.RBAC {
		model = vault.ByRole
	}
	set, get, err := t.shownRights(ctx, place)
	switch {
	case err != nil || (read && !get && !set):
		return t.trySet(ctx)
	case set:
		return check.Pass(id, title, "the vault's "+string(model)+" let us write it")
	}
	fix := "add an access policy for us on vault " + t.vault + " with secret permissions get, list, set"
	if place.RBAC {
		fix = "assign us the role " + officer + " on " + t.scope(place.ID)
	}
	return check.Fail(id, title, problem.Denied, "the vault's "+string(model)+" don't let us write it", fix+"; keyturn doctor --script prints the commands",
		t.grants(model, place.ID)...)
}

// shownRights says whether the control plane shows that we may set and get the secret.
func (t *Target) shownRights(ctx context.Context, place arm.Vault) (set, get bool, err error) {
	if place.RBAC {
		return t.shownRoles(ctx, place)
	}
	self, err := t.Self(ctx)
	if err != nil {
		return false, false, fmt.Errorf("find out who we are: %w", err)
	}
	for _, p := range place.Policies {
		if arm.SameID(p.ObjectID, self) {
			set, get = set || p.Grants("set"), get || p.Grants("get")
		}
	}
	return set, get, nil
}

// shownRoles asks at the secret, where the smallest assignment sits, and at the vault when it can't be asked there.
func (t *Target) shownRoles(ctx context.Context, place arm.Vault) (set, get bool, err error) {
	allowed, err := t.Plane.Permissions(ctx, t.scope(place.ID))
	if problem.Is(err, problem.NotFound) {
		allowed, err = t.Plane.Permissions(ctx, place.ID)
	}
	if err != nil {
		return false, false, err
	}
	return allowed.AllowsData(setAction), allowed.AllowsData(getAction), nil
}

// officer is the smallest built-in role that reads and writes secrets.
// Source: https://learn.microsoft.com/azure/key-vault/general/rbac-guide (read 2026-11-22).
const officer = "Key Vault Secrets Officer"

func (t *Target) scope(vaultID string) string { return vaultID + "/secrets/" + t.secret }

// grants is what would mend a refusal. A role needs the vault's resource id; a policy does with the name.
func (t *Target) grants(model vault.Model, vaultID string) []check.Grant {
	switch {
	case model == vault.ByRole && vaultID != "":
		return []check.Grant{{Kind: check.RoleAssignment, Name: officer, Scope: t.scope(vaultID)}}
	case model == vault.ByPolicy:
		scope := vaultID
		if scope == "" {
			scope = t.vault
		}
		return []check.Grant{{Kind: check.AccessPolicy, Scope: scope, Actions: []string{"get", "list", "set"}}}
	}
	return nil
}
