package appservicesetting

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

// reference begins a setting that Azure fills from a Key Vault.
// Source: https://learn.microsoft.com/azure/app-service/app-service-key-vault-references (read 2026-11-25).
const reference = "@Microsoft.KeyVault("

// Write puts parcel's value into the setting and what that held into the secondary one, unless that was only an earlier
// attempt of the same run. All other settings are written back as they were a moment before.
func (t *Target) Write(ctx context.Context, parcel target.Parcel) (string, error) {
	if parcel.Value.IsZero() {
		return "", errors.New(Code + ": there is no value to write")
	}
	err := t.change(ctx, func(now settings) (settings, error) {
		old, _ := now.get(t.cfg.Name)
		if t.form.Read(old).Equal(parcel.Value) {
			return now, nil
		}
		after := now.with(t.cfg.Name, t.form.Write(parcel.Value))
		passing := slices.Contains(parcel.Earlier, t.receipt(t.form.Read(old)))
		if t.cfg.Secondary != "" && !passing && !old.IsZero() {
			after = after.with(t.cfg.Secondary, old)
		}
		return after, nil
	})
	return t.receipt(parcel.Value), err
}

// Release empties the secondary setting, as long as the first one is what we wrote.
func (t *Target) Release(ctx context.Context, parcel target.Parcel) (string, error) {
	var receipt string
	err := t.change(ctx, func(now settings) (settings, error) {
		text, _ := now.get(t.cfg.Name)
		value := t.form.Read(text)
		if receipt = t.receipt(value); !parcel.Value.IsZero() && !value.Equal(parcel.Value) {
			return nil, t.drift()
		}
		if second, there := now.get(t.cfg.Secondary); !there || second.IsZero() {
			return now, nil
		}
		return now.with(t.cfg.Secondary, secret.Value{}), nil
	})
	return receipt, err
}

// change reads all settings, has edit change them and writes them back, unless nothing changes; nothing is asked between the
// last read and the write. Then it reads them again: where somebody wrote over ours, from a reading before it, that is told.
func (t *Target) change(ctx context.Context, edit func(settings) (settings, error)) error {
	wanted, changes, err := t.edited(ctx, edit)
	if err != nil || !changes {
		return err
	}
	if t.cfg.Secondary != "" {
		if err := t.stick(ctx); err != nil {
			return t.explain(err)
		}
		if wanted, changes, err = t.edited(ctx, edit); err != nil || !changes {
			return err
		}
	}
	if _, err := t.put(ctx, wanted); err != nil {
		return t.explain(err)
	}
	return t.asSent(ctx, wanted)
}

// edited reads all settings and says what they are to be, and whether that is something else.
func (t *Target) edited(ctx context.Context, edit func(settings) (settings, error)) (wanted settings, changes bool, err error) {
	now, err := t.list(ctx)
	if err == nil {
		err = t.understood(now)
	}
	if err != nil {
		return nil, false, t.explain(err)
	}
	wanted, err = edit(now)
	return wanted, err == nil && !wanted.same(now), err
}

// asSent sees that Azure shows what was sent.
func (t *Target) asSent(ctx context.Context, wanted settings) error {
	after, err := t.list(ctx)
	if err != nil {
		return err
	}
	if after.same(wanted) {
		return nil
	}
	ours := []string{t.cfg.Name, t.cfg.Secondary}
	told := &problem.Error{
		Class: problem.Retry, Code: problem.Conflict, Subject: t.Place().Title, Message: "somebody else wrote the app's settings at the same moment",
		After: 5 * time.Second, Doubtful: true,
	}
	for _, name := range ours {
		sent, _ := wanted.get(name)
		if shown, _ := after.get(name); name != "" && !shown.Equal(sent) {
			return told // ours was lost, and is written again upon what is there now
		}
	}
	return nil // another setting changed after ours: it is kept by whoever changed it
}

// understood refuses settings that may not be written: another app's, one that isn't there, one that points to a Key Vault.
func (t *Target) understood(now settings) error {
	text, there := now.get(t.cfg.Name)
	switch second, _ := now.get(t.cfg.Secondary); {
	case !there:
		return problem.NeedsPerson(problem.NotFound, t.Place().Title, "the app has no such setting", "correct app and name in keyturn.yaml; Keyturn makes no new settings")
	case refers(text), refers(second):
		return problem.NeedsPerson("setting.reference", t.Place().Title, "it points to a Key Vault, and would lose that by being written",
			"take this appServiceSetting out of keyturn.yaml and give the vault's secret there as keyVaultSecret; the app follows within a day, or at once after a restart")
	}
	if t.cfg.ClientID == "" {
		return nil
	}
	if id, _ := now.get(t.cfg.ClientID); !strings.EqualFold(strings.TrimSpace(id.Reveal()), t.owner) {
		return problem.NeedsPerson("setting.foreign", t.Place().Title, "the app's "+t.cfg.ClientID+" isn't "+t.owner, "correct app or clientId in keyturn.yaml")
	}
	return nil
}

func refers(text secret.Value) bool { return strings.HasPrefix(text.Reveal(), reference) }

// explain makes a missing app a person's business.
func (t *Target) explain(err error) error {
	found := problem.Of(err)
	if !problem.Is(err, problem.NotFound) || found.Class == problem.Person {
		return err
	}
	return problem.NeedsPerson(problem.NotFound, t.Place().Title, "there is no such app", "correct app in keyturn.yaml, or take it out")
}

func (t *Target) drift() error {
	return problem.NeedsPerson(problem.Drift, t.Place().Title, "somebody changed it after we wrote it",
		"see who it was (a deployment may put its own settings back); to write ours again: keyturn resume APP --overwrite; to leave it: keyturn abort RUN")
}

// Verify reads the setting again.
func (t *Target) Verify(ctx context.Context, _ target.Parcel, written target.Written) (target.Proof, error) {
	found, err := t.list(ctx)
	if err != nil {
		return target.Proof{}, t.explain(err)
	}
	text, _ := found.get(t.cfg.Name)
	if t.receipt(t.form.Read(text)) != written.Receipt {
		return target.Proof{}, t.drift()
	}
	return target.Proof{Rung: renewal.ReadBack, Probe: "settings read again", Note: "the setting holds it; the app was restarted by the write and reads it when it starts"}, nil
}
