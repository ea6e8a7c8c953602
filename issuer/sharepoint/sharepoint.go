// Package sharepoint is the issuer of the secrets of SharePoint add-ins that sign in through Azure ACS. One secret is three
// credentials with one value and the same dates: a password (Verify), a symmetric key that ACS signs context tokens with
// (Sign) and one that it checks with (Verify). The password's key id names the three; the ids of the keys follow from it,
// so that what belongs together is found again after a kill.
//
// Passwords are made, removed and read by the directory's own issuer. There is no other way to write keys than to
// replace the whole collection, so each write reads it first, refuses to lose a key that isn't ours, and reads it again.
//
// Three things differ from Entra's passwords. ACS goes on signing with the oldest secret that is valid, so the old one is
// kept until its end and seven days longer, and consumers hold both. A new one may take 24 hours to be known, which
// harms nobody while they do. And it is proven at ACS, in the form in which the add-in sends it: base64.
//
// Start at [Issuer].
// Source: https://learn.microsoft.com/sharepoint/dev/sp-add-ins/replace-an-expiring-client-secret-in-a-sharepoint-add-in (read 2026-11-25).
package sharepoint

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"keyturn/acs"
	"keyturn/check"
	"keyturn/cloud"
	"keyturn/credential"
	"keyturn/graph"
	"keyturn/issuer"
	"keyturn/secret"
	"keyturn/target"
)

const day = 24 * time.Hour

const (
	// linger is how long after its end an old secret is kept, as Microsoft's page advises, unless it is written otherwise.
	linger = 7 * day
	// spread is how long ACS may take to know a new secret, as Microsoft's page says.
	spread = day
	// LongestLife is that of an add-in's secret.
	LongestLife = 3 * 365 * day
)

// Directory is the issuer of the passwords that the secrets are made of.
type Directory interface {
	issuer.Issuer
	issuer.TermsReader
	issuer.Checker
	// KeyTerms is what policies allow for new symmetric keys.
	KeyTerms(ctx context.Context, app credential.App) (issuer.Terms, error)
}

// Keys are the key collections of the directory's objects; [graph.Client] is one.
type Keys interface {
	KeyEntries(ctx context.Context, on graph.Holder) ([]graph.KeyEntry, error)
	ReplaceKeys(ctx context.Context, on graph.Holder, entries []graph.KeyEntry) error
}

// Config is the application's sharePoint block in keyturn.yaml.
type Config struct {
	Site    string        // address of a site on which the add-in is installed
	Keep    time.Duration // of an old secret after its end; 0 = 7 days, as Microsoft's page advises
	ForUser bool          // the add-in acts for people who open it alone: app-only access of the site isn't asked for
}

// Consumer is what is known of the add-in itself.
type Consumer struct {
	Places []target.Target // that it reads its values from
	// Launch is the context token of somebody who opened it, as a person handed it over for this run; none = nobody did. See
	// [Issuer.Witness].
	Launch secret.Value
}

// Issuer makes, proves and removes the secrets of one add-in. It is safe for concurrent use.
type Issuer struct {
	Directory
	keys    Keys
	acs     *acs.Client
	site    acs.Site
	keep    time.Duration
	forUser bool
	places  []target.Target
	launch  secret.Value
	pause   func(ctx context.Context, d time.Duration) error

	writing sync.Mutex // one writer of keys at a time in this process; the run's lease keeps others away
	mu      sync.Mutex
	realm   acs.Realm    // of the site, once known
	refresh secret.Value // of the context token, once that was checked
}

var (
	_ issuer.Issuer      = (*Issuer)(nil)
	_ issuer.TermsReader = (*Issuer)(nil)
	_ issuer.Checker     = (*Issuer)(nil)
	_ issuer.Completing  = (*Issuer)(nil)
	_ issuer.Paced       = (*Issuer)(nil)
	_ issuer.Witness     = (*Issuer)(nil)
)

// New returns the issuer of the add-in on a site. It contacts nobody. A site that can't be right is a problem with code
// "config.site".
func New(cfg Config, of Consumer, directory Directory, keys Keys, client *acs.Client) (*Issuer, error) {
	site, err := client.Site(cfg.Site)
	if err != nil {
		return nil, err
	}
	return &Issuer{
		Directory: directory, keys: keys, acs: client, site: site, keep: cmp.Or(cfg.Keep, linger), forUser: cfg.ForUser, places: of.Places, launch: of.Launch, pause: cloud.Sleep,
	}, nil
}

// Pace is ACS's: it signs with an old secret until that ends, and takes a day to know a new one.
func (i *Issuer) Pace() issuer.Pace {
	signIn := 2 // a token of ACS and a call of the site
	if !i.launch.IsZero() {
		signIn += 2 // the same for whoever opened the add-in
	}
	return issuer.Pace{
		Linger: i.keep, Spread: spread,
		Issue:  3 + 2 + 3, // look on both objects, addPassword; look again; keys read, written and read again
		SignIn: signIn,
	}
}

// Completes says what is added to a password.
func (*Issuer) Completes() string {
	return "add the two keys that ACS signs and checks with, beside all keys that are there"
}

// Look is the directory's, with what a password lacks to be an add-in's secret.
func (i *Issuer) Look(ctx context.Context, clientID string) (credential.App, error) {
	app, err := i.Directory.Look(ctx, clientID)
	if err != nil {
		return app, err
	}
	read := map[graph.Holder][]graph.KeyEntry{}
	for n, c := range app.Credentials {
		on := holding(app, c)
		if _, known := read[on]; !known {
			if read[on], err = i.keys.KeyEntries(ctx, on); err != nil {
				return app, err
			}
		}
		if c.Kind == credential.Password {
			app.Credentials[n].Lacks = lacking(read[on], c)
		}
	}
	for on, keys := range read {
		app.Credentials = append(app.Credentials, orphans(keys, app, on.Kind)...)
	}
	return app, nil
}

// Terms is what policies allow for all three credentials: the stricter of the directory's terms for passwords and for
// symmetric keys. No secret lives longer than three years.
func (i *Issuer) Terms(ctx context.Context, app credential.App) (issuer.Terms, error) {
	terms, err := i.Directory.Terms(ctx, app)
	if err != nil || !terms.Readable {
		return terms, err
	}
	keys, err := i.KeyTerms(ctx, app)
	if err != nil || !keys.Readable {
		return keys, err
	}
	if !terms.Blocked {
		terms = stricter(terms, keys)
	}
	return stricter(terms, issuer.Terms{Readable: true, MaxLifetime: LongestLife, Policy: "the life of an add-in's secret"}), nil
}

// stricter is a, unless b forbids more.
func stricter(a, b issuer.Terms) issuer.Terms {
	if b.Blocked || (!a.Blocked && b.MaxLifetime > 0 && (a.MaxLifetime == 0 || b.MaxLifetime < a.MaxLifetime)) {
		return b
	}
	return a
}

// SignIn asks ACS for a token of the add-in, in the form in which the add-in sends its secret, and calls the site with it,
// unless the add-in acts for people alone. With a context token that was checked before, it does the same for whoever opened
// the add-in. See issuer.Issuer. A tenant without ACS is the known issue "acs.retired" or "acs.disabled".
func (i *Issuer) SignIn(ctx context.Context, clientID string, value secret.Value) error {
	realm, err := i.realmOf(ctx)
	if err != nil {
		return err
	}
	token, err := i.acs.AppToken(ctx, i.site, realm, clientID, sent(value))
	if err == nil && !i.forUser {
		err = i.acs.Call(ctx, i.site, token)
	}
	if err != nil {
		return err
	}
	return i.again(ctx, realm, clientID, sent(value))
}

// sent is a value as an add-in sends it: the text of its web.config. A secret of the time before Graph was drawn as that
// text.
func sent(value secret.Value) secret.Value {
	if !target.Base64.Read(value).Equal(value) || isDrawn(value) {
		return value
	}
	return target.Base64.Write(value)
}

// realmOf asks the site once.
func (i *Issuer) realmOf(ctx context.Context) (acs.Realm, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.realm.ID != "" {
		return i.realm, nil
	}
	realm, err := i.acs.Realm(ctx, i.site)
	if err == nil {
		i.realm = realm
	}
	return realm, err
}

// Check adds to the directory's checks whether ACS still counts: the site trusts it, and it knows the tenant. Both are asked
// anew. The directory judges what policies say of passwords; here follows what they say of keys.
func (i *Issuer) Check(ctx context.Context, app credential.App) ([]check.Check, error) {
	checks, err := i.Directory.Check(ctx, app)
	if err != nil {
		return nil, err
	}
	checks = slices.Concat([]check.Check{i.checkACS(ctx), i.checkUnits(app)}, i.checkContext(ctx, app), checks)
	keys, err := i.KeyTerms(ctx, app)
	if err != nil {
		return nil, err
	}
	return append(checks, checkKeyPolicy(app, keys)...), nil
}
