package inventory

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"keyturn/arm"
	"keyturn/credential"
	"keyturn/problem"
	"keyturn/vault"
)

// Vaults is what discovery needs of Key Vault; a *vault.Client is one.
type Vaults interface {
	List(ctx context.Context, vault string) (map[string]vault.Version, error)
	Get(ctx context.Context, vault, name, version string) (vault.Version, error)
}

// secretLike are names that people give to an app's secret: appSecret, client-secret, AppKey.
var secretLike = regexp.MustCompile(`(?i)secret|(app|client).*(key|password|pwd)`)

// pfx is the content type of a certificate's private half, which is never read.
const pfx = "application/x-pkcs12"

// vaultSecrets looks into the vaults that the connections lead to. What a vault refuses is a note.
func (d *discovery) vaultSecrets(ctx context.Context) error {
	for _, v := range d.vaults() {
		secrets, err := d.finder.Vaults.List(ctx, v.Name)
		if err != nil {
			if err := d.tolerate(err, "the secrets of vault "+v.Name); err != nil {
				return err
			}
			continue
		}
		for _, name := range slices.SortedFunc(maps.Keys(secrets), compareFold) {
			if err := d.vaultSecret(ctx, v, name, secrets[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func compareFold(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }

// tolerate notes what one place refuses, and hands back what may succeed later.
func (d *discovery) tolerate(err error, what string) error {
	p := problem.Of(err)
	if p.Class == problem.Retry && p.Code != problem.Unreachable && p.Code != problem.Between {
		return fmt.Errorf("read %s: %w", what, err)
	}
	d.note("%s couldn't be read: %s", what, p.Error())
	return nil
}

// mostBlind is how many vaults are looked into when nothing but a hidden connection leads there: enough for a solution,
// few enough that nobody's vaults are searched through.
const mostBlind = 10

// vaults are those that a person named, that a connection of the application names, and that lie in a group of one. With no
// such connection, those beside logic apps that use connections of which nothing shows, as long as they are few.
func (d *discovery) vaults() []arm.Resource {
	named, groups := slices.Clone(d.query.Vaults), d.anchors()
	for _, c := range d.seen.connections {
		if c.signsInBy() == byApplication && strings.EqualFold(c.clientID(), d.query.App.ClientID) {
			named = append(named, c.vaultName())
		}
	}
	found := d.vaultsIn(named, groups)
	if len(d.findings) > 0 {
		return append(found, d.unlisted(named)...)
	}
	for _, c := range d.seen.connections {
		if c.signsInBy() == byUnknown && len(d.seen.users(c.ID)) > 0 {
			named, groups = append(named, c.vaultName()), append(groups, c.group())
		}
	}
	if blind := d.vaultsIn(named, groups); len(blind) <= mostBlind {
		return append(blind, d.unlisted(named)...)
	}
	d.note("more than %d vaults lie beside connections that hide their client ID, and weren't looked into: name the application's vault", mostBlind)
	return append(found, d.unlisted(d.query.Vaults)...)
}

// vaultsIn are the vaults of those names, or in those groups.
func (d *discovery) vaultsIn(named, groups []string) []arm.Resource {
	var found []arm.Resource
	for _, v := range d.seen.vaults {
		if slices.Contains(groups, groupOf(v.ID)) || slices.ContainsFunc(named, func(n string) bool { return strings.EqualFold(n, v.Name) }) {
			found = append(found, v)
		}
	}
	return found
}

// unlisted are vaults that are named but that Resource Manager doesn't show us; their data plane may answer all the same.
func (d *discovery) unlisted(named []string) []arm.Resource {
	var found []arm.Resource
	for _, name := range named {
		known := func(v arm.Resource) bool { return strings.EqualFold(v.Name, name) }
		if name != "" && !slices.ContainsFunc(d.seen.vaults, known) && !slices.ContainsFunc(found, known) {
			found = append(found, arm.Resource{Name: name})
		}
	}
	return found
}

// vaultSecret judges one secret by what is written beside it, else by its name and value.
func (d *discovery) vaultSecret(ctx context.Context, v arm.Resource, name string, shown vault.Version) error {
	if strings.EqualFold(shown.ContentType, pfx) {
		return nil
	}
	app := d.query.App
	switch {
	case strings.EqualFold(shown.Tags[vault.TagApp], app.ClientID):
		d.addSecret(v, name, Sure, "Keyturn's own tag on it names this application", "")
	case mentions(shown.Tags, app):
		d.addSecret(v, name, Sure, "a tag on it names this application", "")
	case names(shown.ContentType, app):
		d.addSecret(v, name, Guess, "its content type names this application", "")
	case secretLike.MatchString(name):
		return d.byValue(ctx, v, name)
	}
	return nil
}

// byValue reads a secret that is named like an app's, when that is allowed, and compares what Entra shows openly too.
func (d *discovery) byValue(ctx context.Context, v arm.Resource, name string) error {
	if !d.query.Values || !anyHint(d.query.App) {
		d.addSecret(v, name, Candidate, "it is named like an app's secret; its value was not read", "")
		return nil
	}
	read, err := d.finder.Vaults.Get(ctx, v.Name, name, "")
	if err != nil {
		if err := d.tolerate(err, "secret "+name+" of vault "+v.Name); err != nil {
			return err
		}
		d.addSecret(v, name, Candidate, "it is named like an app's secret; its value couldn't be read", "")
		return nil
	}
	const compared = "its value was read to compare its first three characters, and forgotten"
	fitting := fitting(d.query.App, read.Value.Hint())
	switch {
	case len(fitting) > 0:
		d.addSecret(v, name, Guess, "it begins like this application's secret "+strings.Join(fitting, " or "), compared)
	case len(d.findings) > 0:
		d.addSecret(v, name, Candidate, "it is named like an app's secret and lies beside this application's places, yet begins like none of its present secrets", compared)
	}
	return nil
}

// fitting returns the key ids of the passwords that begin with hint; none for no hint.
func fitting(app credential.App, hint string) []string {
	var found []string
	for _, c := range app.Passwords() {
		if hint != "" && c.Hint == hint {
			found = append(found, c.KeyID)
		}
	}
	return found
}

func anyHint(app credential.App) bool {
	return slices.ContainsFunc(app.Passwords(), func(c credential.Credential) bool { return c.Hint != "" })
}

func mentions(tags map[string]string, app credential.App) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(tags)), func(value string) bool { return names(value, app) })
}

// names reports whether a text holds the client id, or is the application's name.
func names(text string, app credential.App) bool {
	return app.ClientID != "" && strings.Contains(strings.ToLower(text), strings.ToLower(app.ClientID)) ||
		app.Name != "" && strings.EqualFold(text, app.Name)
}

func (d *discovery) addSecret(v arm.Resource, name string, confidence Confidence, why, note string) {
	f := Finding{
		Kind: KindVault, Title: v.Name + "/" + name, Resource: secretID(v, name), Confidence: confidence, Why: why,
		Block: Block{Kind: KindVault}.with("vault", v.Name).with("secret", name),
	}
	if note != "" {
		f.Notes = append(f.Notes, note)
	}
	for _, w := range d.seen.workflows {
		if slices.Contains(w.secrets(), strings.ToLower(name)) && d.reads(w, v.Name) {
			f.Consumers = append(f.Consumers, w.consumer())
		}
	}
	d.findings = append(d.findings, f)
}

// reads reports whether the workflow uses a Key Vault connection to that vault, or to one that doesn't show.
func (d *discovery) reads(w workflow, vaultName string) bool {
	return slices.ContainsFunc(d.seen.connections, func(c connection) bool {
		return c.api() == "keyvault" && w.uses(c.ID) && (c.vaultName() == "" || strings.EqualFold(c.vaultName(), vaultName))
	})
}

// secretID is the secret's resource id; of a vault whose id isn't known, its name and the secret's.
func secretID(v arm.Resource, name string) string {
	if v.ID == "" {
		return v.Name + "/" + name
	}
	return strings.TrimRight(v.ID, "/") + "/secrets/" + name
}

// vaultOfSecret is the vault's name in what secretID made.
func vaultOfSecret(id string) string {
	id = strings.TrimSuffix(id, "/"+lastOf(id))
	return lastOf(strings.TrimSuffix(id, "/secrets"))
}
