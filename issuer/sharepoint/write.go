package sharepoint

import (
	"context"
	"fmt"
	"strings"
	"time"

	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/problem"
	"keyturn/secret"
)

const (
	// agreeing is how many reads in a row must show the same keys before they are written, since one may be a replica's
	// that is behind: what it doesn't show would be lost.
	agreeing = 3
	// readPace is the time between such reads.
	readPace = 700 * time.Millisecond
	// readTries is how many reads are made at most.
	readTries = 12
)

// Complete adds the two keys of a password that was just made. See issuer.Completing. A policy that allows keys a shorter
// life than the password has is told as Issue tells it: with [issuer.ErrLifetime] inside.
func (i *Issuer) Complete(ctx context.Context, app credential.App, password credential.Credential, value secret.Value) error {
	err := i.rewrite(ctx, holderOf(app), func([]graph.KeyEntry) (add, drop []graph.KeyEntry) { return made(password, value), nil })
	if graph.TooLong(err) {
		return fmt.Errorf("%w: %w", issuer.ErrLifetime, err)
	}
	return err
}

// Remove removes a password's two keys and then the password, so that a kill in between leaves the password, by which the
// rest is found again. See issuer.Issuer. Where other passwords have the very same dates it isn't known whose keys they
// are, and a person is asked.
func (i *Issuer) Remove(ctx context.Context, app credential.App, held credential.Credential) error {
	if other, shared := sharesDates(app, held); shared {
		return problem.NeedsPerson("addin.ambiguous", "secret "+held.KeyID, "secret "+other+" has the same dates, so it isn't known whose keys are whose",
			"remove the expired secret and its two keys by hand, see docs/leaving.md")
	}
	err := i.rewrite(ctx, holding(app, held), func(now []graph.KeyEntry) (add, drop []graph.KeyEntry) { return nil, keysOf(now, held) })
	if err != nil || held.Lacks == lacksPassword {
		return err
	}
	return i.Directory.Remove(ctx, app, held)
}

// sharesDates reports whether another password could claim the keys of held, whose ids don't say whose they are.
func sharesDates(app credential.App, held credential.Credential) (string, bool) {
	for _, c := range app.Passwords() {
		if c.KeyID != held.KeyID && c.Start.Equal(held.Start) && c.End.Equal(held.End) {
			return c.KeyID, true
		}
	}
	return "", false
}

// rewrite reads an object's keys until several reads agree, has decide say which are added and dropped, writes them and
// reads them again.
func (i *Issuer) rewrite(ctx context.Context, on graph.Holder, decide func([]graph.KeyEntry) (add, drop []graph.KeyEntry)) error {
	i.writing.Lock()
	defer i.writing.Unlock()
	before, err := i.settledKeys(ctx, on)
	if err != nil {
		return err
	}
	add, drop := decide(before)
	after, err := changed(before, add, drop)
	if err != nil || sameKeys(before, after) {
		return err
	}
	if err := i.keys.ReplaceKeys(ctx, on, after); err != nil {
		return fmt.Errorf("write the keys: %w", err)
	}
	return i.recheck(ctx, on, after)
}

// changed is the collection after a change. What it writes back is all that is left, so it refuses to leave out a key that
// isn't one of those an add-in's secret is made of, such as a certificate.
func changed(before, add, drop []graph.KeyEntry) ([]graph.KeyEntry, error) {
	after := []graph.KeyEntry{}
	for _, k := range before {
		switch {
		case !has(drop, k.KeyID):
			after = append(after, k)
		case !strings.EqualFold(k.Type, symmetric):
			return nil, problem.NeedsPerson("addin.foreign", "key "+k.KeyID, "it isn't an add-in's key and would be lost, so nothing was written", "see what it is for: keyturn scan")
		}
	}
	for _, k := range add {
		if !has(before, k.KeyID) {
			after = append(after, k)
		}
	}
	return after, nil
}

// settledKeys reads the keys until several reads in a row agree.
func (i *Issuer) settledKeys(ctx context.Context, on graph.Holder) ([]graph.KeyEntry, error) {
	var last []graph.KeyEntry
	alike := 0
	for range readTries {
		found, err := i.keys.KeyEntries(ctx, on)
		if err != nil {
			return nil, fmt.Errorf("read the keys: %w", err)
		}
		if alike > 0 && !sameKeys(last, found) {
			alike = 0
		}
		last = found
		if alike++; alike == agreeing {
			return last, nil
		}
		if err := i.pause(ctx, readPace); err != nil {
			return nil, err
		}
	}
	return nil, &problem.Error{
		Class: problem.Retry, Code: problem.Conflict, Subject: "keys of " + on.ID,
		Message: "replicas of the directory show different keys, or somebody is changing them",
		After:   10 * time.Second,
	}
}

// recheck reads until what was written is shown. Somebody else who wrote at the same moment may have lost our keys, or
// we theirs; the former shows here, and is written again by whoever called.
func (i *Issuer) recheck(ctx context.Context, on graph.Holder, want []graph.KeyEntry) error {
	for range readTries {
		found, err := i.keys.KeyEntries(ctx, on)
		if err != nil {
			return fmt.Errorf("read the keys again: %w", err)
		}
		if sameKeys(found, want) {
			return nil
		}
		if err := i.pause(ctx, readPace); err != nil {
			return err
		}
	}
	return &problem.Error{
		Class: problem.Retry, Code: problem.Conflict, Subject: "keys of " + on.ID,
		Message:  "the keys that were written aren't shown, or somebody else changed them at the same moment",
		Doubtful: true, After: 10 * time.Second,
	}
}

// sameKeys compares two collections by the ids of their keys.
func sameKeys(a, b []graph.KeyEntry) bool {
	if len(a) != len(b) {
		return false
	}
	for _, k := range a {
		if !has(b, k.KeyID) {
			return false
		}
	}
	return true
}
