package keyvaultsecret

import (
	"context"
	"fmt"
	"strings"
	"time"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/vault"
)

// Current returns the latest version's value. A disabled one is a problem with code vault.Disabled.
func (t *Target) Current(ctx context.Context) (secret.Value, target.Standing, error) {
	latest, err := t.get(ctx, "")
	if err != nil {
		return secret.Value{}, target.Standing{}, err
	}
	return latest.Value, standing(latest), nil
}

// Recall returns the value that the attempt named tag wrote. Of several versions with the tag the oldest is ours: others
// may be copies by tools that carry tags over to values of their own. Where we may not list, the latest has to do.
func (t *Target) Recall(ctx context.Context, tag, _ string) (secret.Value, string, error) {
	versions, err := t.versions(ctx)
	if problem.Is(err, problem.Denied) {
		versions, err = t.latestAlone(ctx)
	}
	if err != nil {
		return secret.Value{}, "", err
	}
	ours, ok := choose(versions, func(v vault.Version) bool { return v.Tags[vault.TagRun] == tag }, time.Time.Before)
	if !ok {
		return secret.Value{}, "", &problem.Error{
			Class: problem.Permanent, Code: problem.NotFound, Subject: t.Place().Title, Message: "no version was written by attempt " + tag,
		}
	}
	whole, err := t.get(ctx, ours.ID)
	if err != nil {
		return secret.Value{}, "", err
	}
	return whole.Value, whole.ID, nil
}

func (t *Target) latestAlone(ctx context.Context) ([]vault.Version, error) {
	latest, err := t.get(ctx, "")
	return []vault.Version{latest}, err
}

// Supersede disables every version tagged with keyID, provided that the latest is one of ours with another key id. A
// version from before Keyturn bears no tag and is left alone.
func (t *Target) Supersede(ctx context.Context, keyID string) error {
	latest, err := t.latest(ctx)
	if err != nil {
		return err
	}
	if keyID == "" || latest.Tags[vault.TagRun] == "" || strings.EqualFold(latest.Tags[vault.TagKeyID], keyID) {
		return nil
	}
	versions, err := t.versions(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if !v.Enabled || v.ID == latest.ID || !strings.EqualFold(v.Tags[vault.TagKeyID], keyID) {
			continue
		}
		if err := t.Vaults.Disable(ctx, t.vault, t.secret, v.ID); err != nil {
			return fmt.Errorf("%s: disable version %s: %w", Code, v.ID, err)
		}
	}
	return nil
}

// choose returns the first or last version created, as before says, among those that fit. The vault counts whole
// seconds; of two in one second the first listed is taken.
func choose(versions []vault.Version, fits func(vault.Version) bool, before func(a, b time.Time) bool) (found vault.Version, ok bool) {
	for _, v := range versions {
		if fits(v) && (!ok || before(v.Created, found.Created)) {
			found, ok = v, true
		}
	}
	return found, ok
}
