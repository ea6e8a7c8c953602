// Package keyvaultsecret is the target for a secret in an Azure Key Vault, and the custodian: the one place from which
// the value can be read back, so that Keyturn keeps nothing itself. Each write adds a version that bears our tags; by
// them a write whose answer was lost is found again instead of being repeated.
//
// It never deletes a secret, never touches a version that isn't its own, and reads values only to compare or hand on.
//
// Start at [Target]; the preconditions are in check.go.
package keyvaultsecret

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/target"
	"keyturn/vault"
)

// Config is the target's block in keyturn.yaml.
type Config struct {
	Vault  string `yaml:"vault"`  // name or address of the vault; required
	Secret string `yaml:"secret"` // name of the secret; required
}

// Vaults is what the target needs of key vaults; [vault.Client] is one.
type Vaults interface {
	Reader
	Writer
}

// Reader reads secrets.
type Reader interface {
	Address(vault string) (string, error)
	Get(ctx context.Context, vault, name, version string) (vault.Version, error)
	Versions(ctx context.Context, vault, name string) ([]vault.Version, error)
	Deleted(ctx context.Context, vault, name string) (bool, error)
}

// Writer adds versions and puts them out of use.
type Writer interface {
	Set(ctx context.Context, vault, name string, draft vault.Draft) (vault.Version, error)
	Disable(ctx context.Context, vault, name, version string) error
	MayUpdate(ctx context.Context, vault, name string) error
}

// Parts is what a [Target] works with.
type Parts struct {
	Vaults Vaults
	Plane  Plane                                                  // rights, as the control plane tells them; [arm.Client] is one
	Self   func(ctx context.Context) (objectID string, err error) // who we are
	Portal string                                                 // address of the cloud's portal; "" = unknown
}

// Target is one secret.
type Target struct {
	Parts
	address string // of the vault
	vault   string // its bare name
	secret  string
}

var (
	_ target.Custodian   = (*Target)(nil)
	_ target.Checker     = (*Target)(nil)
	_ target.Superseding = (*Target)(nil)
)

// New returns the target for one secret. A vault or secret that can't be named so is a problem with code
// "config.vault" or "config.secret".
func New(cfg Config, parts Parts) (*Target, error) {
	address, err := parts.Vaults.Address(cfg.Vault)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Code, err)
	}
	if err := vault.CheckName(cfg.Secret); err != nil {
		return nil, fmt.Errorf("%s: %w", Code, err)
	}
	return &Target{Parts: parts, address: address, vault: vault.Name(address), secret: cfg.Secret}, nil
}

// Place says which secret this is.
func (t *Target) Place() target.Place {
	place := target.Place{
		ID: Code + ":" + t.vault + "/" + t.secret, Kind: Code, Title: "Key Vault secret " + t.vault + "/" + t.secret,
		Resource: t.address + "/secrets/" + t.secret,
		Requests: 5, // the vault's challenge; look; read and set; verify
	}
	if t.Portal != "" {
		place.Portal = t.Portal + "/#@/asset/Microsoft_Azure_KeyVault/Secret/" + place.Resource
	}
	return place
}

// Look reads what the latest version says of itself. A disabled one is told in the note.
func (t *Target) Look(ctx context.Context) (target.Standing, error) {
	latest, err := t.latest(ctx)
	switch {
	case problem.Is(err, problem.NotFound):
		return target.Standing{}, nil
	case err != nil:
		return target.Standing{}, err
	}
	return standing(latest), nil
}

// Write adds a version with the value, our tags and the end as its expiry, and keeps content type and foreign tags of
// the version before. Where the latest version already is this parcel, nothing is written.
func (t *Target) Write(ctx context.Context, parcel target.Parcel) (string, error) {
	if parcel.Value.IsZero() {
		return "", errors.New(Code + ": there is no value to write")
	}
	before, err := t.get(ctx, "")
	if err != nil && !problem.Is(err, problem.NotFound) {
		return "", err
	}
	if err == nil && before.Tags[vault.TagRun] == parcel.Tag && before.Value.Equal(parcel.Value) {
		return before.ID, nil
	}
	if before.Managed {
		return "", t.certificate()
	}
	tags, err := t.tags(before, parcel)
	if err != nil {
		return "", err
	}
	written, err := t.Vaults.Set(ctx, t.vault, t.secret, vault.Draft{
		Value: parcel.Value, ContentType: before.ContentType, Tags: tags, Expires: parcel.End,
	})
	if err != nil {
		return "", fmt.Errorf("%s: set: %w", Code, err)
	}
	return written.ID, nil
}

// tags are the foreign ones as found, and ours as far as there is room: the run's first, since by it a write is found
// again.
func (t *Target) tags(before vault.Version, parcel target.Parcel) (map[string]string, error) {
	tags := vault.Foreign(before.Tags)
	if len(tags) >= vault.MaxTags {
		return nil, t.full()
	}
	for _, own := range []struct{ name, value string }{
		{vault.TagRun, parcel.Tag}, {vault.TagKeyID, parcel.KeyID}, {vault.TagApp, parcel.ClientID}, {vault.TagReplaces, parcel.Replaces},
	} {
		if own.value != "" && len(tags) < vault.MaxTags {
			tags[own.name] = own.value
		}
	}
	return tags, nil
}

func (t *Target) full() error {
	return problem.NeedsPerson("tags.full", t.Place().Title, fmt.Sprintf("its %d tags leave no room for the one by which Keyturn finds its write again", vault.MaxTags),
		"remove a tag from the secret's latest version")
}

func (t *Target) certificate() error {
	return problem.NeedsPerson("secret.certificate", t.Place().Title, "it is the private half of a certificate, which a secret would overwrite",
		"correct the secret's name in keyturn.yaml")
}

// Verify reads the latest version, as consumers do, and compares the value.
func (t *Target) Verify(ctx context.Context, parcel target.Parcel, written target.Written) (target.Proof, error) {
	latest, err := t.get(ctx, "")
	if problem.Is(err, problem.NotFound) {
		return target.Proof{}, t.drift("the secret isn't there any more")
	}
	if err != nil {
		return target.Proof{}, err
	}
	if !latest.Value.Equal(parcel.Value) {
		return target.Proof{}, t.drift("its latest version " + latest.ID + " holds another value than ours")
	}
	proof := target.Proof{Rung: renewal.ReadBack, Note: "the latest version holds the new secret; who read an older one earlier goes on with it until it reads again"}
	if latest.ID != written.Receipt {
		proof.Note = "somebody wrote the same value again as version " + latest.ID
	}
	return proof, nil
}

func (t *Target) drift(what string) error {
	return problem.NeedsPerson(problem.Drift, t.Place().Title, what,
		"find out who wrote what; then write ours again with keyturn resume APP --overwrite, or leave it and end the run with keyturn abort RUN")
}

// latest is the newest version, from the listing when it is disabled and so can't be read.
func (t *Target) latest(ctx context.Context) (vault.Version, error) {
	found, err := t.get(ctx, "")
	if !problem.Is(err, vault.Disabled) {
		return found, err
	}
	versions, listErr := t.versions(ctx)
	if listErr != nil {
		return vault.Version{}, listErr
	}
	disabled, ok := choose(versions, func(vault.Version) bool { return true }, time.Time.After)
	if !ok {
		return vault.Version{}, err
	}
	return disabled, nil
}

func (t *Target) get(ctx context.Context, version string) (vault.Version, error) {
	found, err := t.Vaults.Get(ctx, t.vault, t.secret, version)
	if err != nil {
		return vault.Version{}, fmt.Errorf("%s: read: %w", Code, err)
	}
	return found, nil
}

func (t *Target) versions(ctx context.Context) ([]vault.Version, error) {
	versions, err := t.Vaults.Versions(ctx, t.vault, t.secret)
	if err != nil {
		return nil, fmt.Errorf("%s: list versions: %w", Code, err)
	}
	return versions, nil
}

func standing(v vault.Version) target.Standing {
	s := target.Standing{
		Exists: true, Receipt: v.ID, Tag: v.Tags[vault.TagRun], KeyID: v.Tags[vault.TagKeyID], Replaces: v.Tags[vault.TagReplaces],
	}
	if !v.Enabled {
		s.Withheld = "its latest version is disabled, so nobody can read it"
		s.Note = s.Withheld
	}
	return s
}
