package consumer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"keyturn/simulator/acs"
	"keyturn/simulator/directory"
	"keyturn/simulator/sharepoint"
)

// The kinds of consumer that an add-in is.
const (
	// KindAddIn is an add-in that users open: it checks a context token and exchanges what is in it.
	KindAddIn Kind = "add-in"
	// KindAddInJob is the add-in's own work without a user.
	KindAddInJob Kind = "add-in job"
)

// AddInSettings are what an add-in's configuration says, as TokenHelper reads it: the two secrets in base64.
type AddInSettings struct{ ClientID, ClientSecret, SecondaryClientSecret string }

// AddInSpec says what add-in to start.
type AddInSpec struct {
	Name       string
	Principal  *directory.ServicePrincipal
	ACS        *acs.Service
	SharePoint *sharepoint.Service
	// Host and Path are the site's, User is who opens the add-in.
	Host, Path, User string
	// Read reads the configuration, anew before every sign-in.
	Read func() (AddInSettings, error)
}

// addIn is a provider-hosted add-in made with Visual Studio's template. Source of what it does with its two secrets:
// TokenHelper.cs of github.com/pnp/pnpframework (read 2026-11-25).
type addIn struct {
	spec  AddInSpec
	users *tally
	job   *tally
}

// AddAddIn starts an add-in: somebody opens it every ten to thirty minutes, and every hour it works by itself.
func (p *Park) AddAddIn(spec AddInSpec) {
	a := &addIn{spec: spec}
	holds := func() string {
		settings, err := spec.Read()
		if err != nil {
			return ""
		}
		return settings.ClientSecret
	}
	client := spec.Principal.AppID
	a.users, a.job = p.addFor(client, spec.Name, KindAddIn, holds), p.addFor(client, spec.Name+" nightly job", KindAddInJob, holds)
	p.w.At(p.w.Now(), func(now time.Time) { p.addInOpened(now, a) })
	p.w.At(p.w.Now(), func(now time.Time) { p.addInWorks(now, a) })
}

func (p *Park) addInOpened(now time.Time, a *addIn) {
	a.users.count(now, a.opened(now))
	p.w.At(now.Add(p.w.Draw(10*time.Minute, 30*time.Minute)), func(now time.Time) { p.addInOpened(now, a) })
}

func (p *Park) addInWorks(now time.Time, a *addIn) {
	a.job.count(now, a.works(now))
	p.w.At(now.Add(time.Hour), func(now time.Time) { p.addInWorks(now, a) })
}

// count counts how something went.
func (t *tally) count(now time.Time, err error) {
	if err != nil {
		t.failure(now, err.Error())
		return
	}
	t.success()
}

// opened is a user's way: SharePoint posts a context token, the add-in checks it with one secret and then the other, buys
// an access token with the refresh token in it, and asks the site.
func (a *addIn) opened(now time.Time) error {
	settings, err := a.spec.Read()
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if !a.spec.ACS.Trusted() {
		return fmt.Errorf("open add-in: add-ins are retired")
	}
	token, err := a.spec.ACS.ContextToken(now, acs.Launch{AddIn: a.spec.Principal, Site: a.spec.Host, User: a.spec.User})
	if err != nil {
		return fmt.Errorf("open add-in: %w", err)
	}
	refresh, err := settings.check(token)
	if err != nil {
		return fmt.Errorf("check context token: %w", err)
	}
	return a.call(now, settings, "refresh_token", refresh)
}

// works is the way without a user.
func (a *addIn) works(now time.Time) error {
	settings, err := a.spec.Read()
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	return a.call(now, settings, "client_credentials", "")
}

// call buys an access token with the first secret, else with the second, and asks the site with it.
func (a *addIn) call(now time.Time, settings AddInSettings, grant, ticket string) error {
	realm := a.spec.Principal.Tenant.ID
	exchange := acs.Exchange{
		Realm: realm, ClientID: settings.ClientID + "@" + realm, Secret: settings.ClientSecret, Grant: grant, Ticket: ticket,
		Resource: acs.SharePointID + "/" + a.spec.Host + "@" + realm, Consumer: a.spec.Name,
	}
	access, refused := a.spec.ACS.Issue(now, exchange)
	if refused != nil && settings.SecondaryClientSecret != "" {
		exchange.Secret = settings.SecondaryClientSecret
		access, refused = a.spec.ACS.Issue(now, exchange)
	}
	if refused != nil {
		return refused
	}
	if err := a.spec.SharePoint.Allows(now, a.spec.Host, a.spec.Path, access); err != nil {
		return fmt.Errorf("call site: %w", err)
	}
	return nil
}

// check is TokenHelper's ReadAndValidateContextToken; it answers the refresh token.
func (s AddInSettings) check(token string) (refresh string, err error) {
	for _, secret := range []string{s.ClientSecret, s.SecondaryClientSecret} {
		if secret == "" {
			continue
		}
		key, bad := base64.StdEncoding.DecodeString(secret)
		if bad != nil {
			return "", fmt.Errorf("the input is not a valid Base-64 string: %w", bad)
		}
		if claims, signed := verifySymmetric(token, key); signed {
			if audience, _ := claims["aud"].(string); !strings.HasPrefix(strings.ToLower(audience), strings.ToLower(s.ClientID)+"/") {
				return "", fmt.Errorf("%q is not the intended audience", audience)
			}
			refresh, _ = claims["refreshtoken"].(string)
			return refresh, nil
		}
	}
	return "", fmt.Errorf("IDX10503: Signature validation failed")
}

func verifySymmetric(token string, key []byte) (claims map[string]any, signed bool) {
	at := strings.LastIndexByte(token, '.')
	m := hmac.New(sha256.New, key)
	m.Write([]byte(token[:at]))
	sent, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	if err != nil || !hmac.Equal(sent, m.Sum(nil)) {
		return nil, false
	}
	_, payload, _ := strings.Cut(token[:at], ".")
	body, err := base64.RawURLEncoding.DecodeString(payload)
	return claims, err == nil && json.Unmarshal(body, &claims) == nil
}
