// Package webconfig is the target for the web.config of a provider-hosted SharePoint add-in, on a disk of this machine or
// a share. It writes the new value as ClientSecret and what stood there as SecondaryClientSecret, so that the add-in goes
// on with both: ACS signs with the oldest secret that is valid, whatever newer ones there are. Not one other byte of the
// file changes. The file can give the value back, so that it is a custodian too.
//
// IIS restarts the site when the file changes. Nothing is copied anywhere unless that is asked for.
//
// Start at [Target]; [content] is what a file says, and how it is edited.
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/replace-an-expiring-client-secret-in-a-sharepoint-add-in (read 2026-11-25).
package webconfig

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

// Config is the target's block in keyturn.yaml.
type Config struct {
	Path   string `yaml:"path"`   // of the file; required
	Backup bool   `yaml:"backup"` // keep the file as it was before beside it
}

// Target is one web.config.
type Target struct {
	path     string // absolute
	clientID string
	backup   bool
	disk     disk
}

var (
	_ target.Custodian   = (*Target)(nil)
	_ target.Checker     = (*Target)(nil)
	_ target.Foretelling = (*Target)(nil)
	_ target.Releasing   = (*Target)(nil)
	_ target.Paired      = (*Target)(nil)
)

// New returns the target for the add-in clientID. A path that can't be right is a problem with code "config.path".
func New(cfg Config, clientID string) (*Target, error) {
	path, err := filepath.Abs(cfg.Path)
	if err != nil || cfg.Path == "" || strings.ContainsRune(cfg.Path, 0) {
		return nil, problem.NeedsPerson("config.path", "path "+cfg.Path, "this can't be a file", `write the file's path, such as C:\inetpub\helpdesk\web.config`)
	}
	return &Target{path: path, clientID: clientID, backup: cfg.Backup, disk: thisDisk()}, nil
}

// Place says which file this is.
func (t *Target) Place() target.Place {
	return target.Place{
		ID: Code + ":" + t.path, Kind: Code, Title: "web.config " + t.path, Resource: t.path,
		Brings: "IIS restarts the site",
	}
}

// Look reads the file. One that can't be understood is a Person problem.
func (t *Target) Look(context.Context) (target.Standing, error) {
	found, err := t.read()
	if errors.Is(err, fs.ErrNotExist) {
		return target.Standing{Note: "there is no such file"}, nil
	}
	if err != nil {
		return target.Standing{}, t.explain(err)
	}
	return t.standing(found), nil
}

func (t *Target) standing(found content) target.Standing {
	return target.Standing{Exists: true, Receipt: t.receipt(primary(found))}
}

// primary is the value that a file's ClientSecret stands for.
func primary(found content) secret.Value {
	return target.Base64.Read(secret.New(found.value(keySecret)))
}

// secondary is the value that SecondaryClientSecret stands for.
func secondary(found content) secret.Value {
	return target.Base64.Read(secret.New(found.value(keySecondary)))
}

func (t *Target) receipt(value secret.Value) string { return target.Fingerprint(t.Place().ID, value) }

// Foretell returns the receipt that the file shows once it holds parcel's value.
func (t *Target) Foretell(parcel target.Parcel) string { return t.receipt(parcel.Value) }

// Write puts parcel's value into ClientSecret and moves the one before to SecondaryClientSecret, unless that was only an
// earlier attempt of the same run: then the one before that stays where it is. A file that holds the value already is
// left as it is.
func (t *Target) Write(_ context.Context, parcel target.Parcel) (string, error) {
	if parcel.Value.IsZero() {
		return "", errors.New(Code + ": there is no value to write")
	}
	err := t.change(func(found content) ([]byte, error) {
		if primary(found).Equal(parcel.Value) {
			return found.raw, nil
		}
		passing := slices.Contains(parcel.Earlier, t.receipt(primary(found)))
		return found.renewed(target.Base64.Write(parcel.Value).Reveal(), passing)
	})
	if err != nil {
		return "", err
	}
	return t.receipt(parcel.Value), nil
}

// Release empties SecondaryClientSecret, as long as ClientSecret is what we wrote.
func (t *Target) Release(_ context.Context, parcel target.Parcel) (string, error) {
	var receipt string
	err := t.change(func(found content) ([]byte, error) {
		if receipt = t.receipt(primary(found)); !parcel.Value.IsZero() && !primary(found).Equal(parcel.Value) {
			return nil, t.drift()
		}
		return found.released()
	})
	return receipt, err
}

// change edits the file under a lock and puts the outcome in its place, unless nothing changes. The file is another
// add-in's where its ClientId differs, and is left alone then.
func (t *Target) change(edit func(content) ([]byte, error)) error {
	err := t.disk.change(t.path, t.backup, func(raw []byte) ([]byte, error) {
		found, err := understand(raw)
		if err != nil {
			return nil, err
		}
		if !strings.EqualFold(strings.TrimSpace(found.value(keyClientID)), t.clientID) {
			return nil, t.foreign()
		}
		return edit(found)
	})
	return t.explain(err)
}

// Verify reads the file again.
func (t *Target) Verify(_ context.Context, _ target.Parcel, written target.Written) (target.Proof, error) {
	found, err := t.read()
	if err != nil {
		return target.Proof{}, t.explain(err)
	}
	if t.receipt(primary(found)) != written.Receipt {
		return target.Proof{}, t.drift()
	}
	note := "the file holds it, and nothing in SecondaryClientSecret"
	if !secondary(found).IsZero() {
		note = "the file holds it, and the one before in SecondaryClientSecret"
	}
	return target.Proof{Rung: renewal.ReadBack, Probe: "file read again", Note: note + "; IIS restarts the site by itself when the file changes"}, nil
}

// Current returns the value that ClientSecret stands for.
func (t *Target) Current(context.Context) (secret.Value, target.Standing, error) {
	found, err := t.read()
	if err != nil {
		return secret.Value{}, target.Standing{}, t.explain(err)
	}
	return primary(found), t.standing(found), nil
}

// Pair returns what the add-in reads: ClientSecret and SecondaryClientSecret.
func (t *Target) Pair(context.Context) (pair []target.Held, err error) {
	found, err := t.read()
	if err != nil {
		return nil, t.explain(err)
	}
	for _, name := range []string{keySecret, keySecondary} {
		if text := found.value(name); text != "" {
			pair = append(pair, target.Held{Name: name, Text: secret.New(text)})
		}
	}
	return pair, nil
}

// Recall returns the value that an attempt wrote, as long as the file holds it: the receipt tells.
func (t *Target) Recall(_ context.Context, tag, receipt string) (secret.Value, string, error) {
	found, err := t.read()
	if err != nil {
		return secret.Value{}, "", t.explain(err)
	}
	for _, value := range []secret.Value{primary(found), secondary(found)} {
		if receipt != "" && t.receipt(value) == receipt {
			return value, receipt, nil
		}
	}
	return secret.Value{}, "", &problem.Error{
		Class: problem.Permanent, Code: problem.NotFound, Subject: t.Place().Title, Message: "it doesn't hold what attempt " + tag + " wrote",
	}
}

func (t *Target) read() (content, error) {
	raw, err := t.disk.read(t.path)
	if err != nil {
		return content{}, err
	}
	return understand(raw)
}
