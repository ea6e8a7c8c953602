package cloud

import (
	"context"
	"html"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
	"github.com/pkg/browser"

	"keyturn/problem"
)

// patience is how long a person may take to sign in. A device code of Microsoft lasts as long.
const patience = 15 * time.Minute

// ways are the identities that are people who are asked to sign in.
var ways = map[string]problem.Way{
	IdentityBrowser: problem.ByBrowser, IdentityDeviceCode: problem.ByDevice, IdentityPassword: problem.ByPassword,
}

// WayOf returns how a person signs in with the named identity; "" where it is no person who is asked.
func WayOf(identity string) problem.Way { return ways[identity] }

// browserSignIn is a person's sign-in in a browser, by authorization code and PKCE, with the answer posted back to this
// computer. Whoever signed in for one service isn't asked again for another.
type browserSignIn struct {
	client  public.Client
	account public.Account
	login   string // shown filled in; "" = none
	say     func(string)
	open    func(address string) error

	clientID string
	redirect *Redirect // nil = the browser is on this computer
}

func (m maker) browser() (azcore.TokenCredential, error) {
	if err := m.needsPublicClient(); err != nil {
		return nil, err
	}
	client, err := public.New(m.o.ClientID, public.WithAuthority(m.hosts.Login+"/"+m.tenantOrAny()),
		public.WithInstanceDiscovery(false), public.WithHTTPClient(carrying{m.carrier}))
	if err != nil {
		return nil, err
	}
	return &browserSignIn{client: client, login: m.o.Username, say: m.o.Say, open: m.o.Open, clientID: m.o.ClientID, redirect: m.o.Redirect}, nil
}

// tenantOrAny is the tenant to sign in to: any that has the person, where none is configured.
func (m maker) tenantOrAny() string {
	if m.o.Tenant == "" {
		return "organizations"
	}
	return m.o.Tenant
}

// GetToken returns a token for one service. Only where Microsoft wants to ask the person something, a browser opens.
func (b *browserSignIn) GetToken(ctx context.Context, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if b.account.HomeAccountID != "" {
		if got, err := b.client.AcquireTokenSilent(ctx, want.Scopes, public.WithSilentAccount(b.account)); err == nil {
			return azcore.AccessToken{Token: got.AccessToken, ExpiresOn: got.ExpiresOn.UTC()}, nil
		}
	}
	asked, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	got, err := b.ask(asked, want)
	switch {
	case err != nil && ctx.Err() == nil && asked.Err() != nil:
		return azcore.AccessToken{}, problem.FindKnown("signin.abandoned").Stops("", "", "")
	case err != nil:
		return azcore.AccessToken{}, shownRefusal(err)
	}
	b.account, b.login = got.Account, got.Account.PreferredUsername
	return azcore.AccessToken{Token: got.AccessToken, ExpiresOn: got.ExpiresOn.UTC()}, nil
}

// ask lets the person sign in, in the browser of this computer or of another.
func (b *browserSignIn) ask(ctx context.Context, want policy.TokenRequestOptions) (public.AuthResult, error) {
	if b.redirect != nil {
		return b.byRedirect(ctx, want)
	}
	return b.client.AcquireTokenInteractive(ctx, want.Scopes, public.WithOpenURL(b.show), public.WithLoginHint(b.login))
}

// show opens the browser and says where to go by hand if it doesn't. It doesn't wait for the browser to end.
func (b *browserSignIn) show(address string) error {
	b.say("Sign in with the browser window that opens now. If none does, open this address in one on this computer:\n  " + address)
	go func() { _ = b.open(address) }() // whoever sees no window was told what to do
	return nil
}

func openBrowser(address string) error {
	browser.Stdout, browser.Stderr = io.Discard, io.Discard // our own output is data
	return browser.OpenURL(address)
}

// shownRefusal reads the refusal that came back through the browser, of which the library keeps the sentence alone.
func shownRefusal(err error) error {
	match := aadsts.FindStringSubmatch(err.Error())
	if answerIn(err) != nil || match == nil {
		return err
	}
	number, _ := strconv.Atoi(match[1]) // digits by the pattern
	return &Refusal{Status: http.StatusBadRequest, AADSTS: number, OAuth: "access_denied", Text: scrub(firstLine(html.UnescapeString(err.Error())))}
}

// carrying lets the sign-in library use our network path.
type carrying struct{ policy.Transporter }

// CloseIdleConnections does nothing: the path is the session's.
func (carrying) CloseIdleConnections() {}

func (m maker) deviceCode() (azcore.TokenCredential, error) {
	if err := m.needsPublicClient(); err != nil {
		return nil, err
	}
	return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: m.client(), DisableInstanceDiscovery: true, ClientID: m.o.ClientID, TenantID: m.o.Tenant,
		UserPrompt: func(_ context.Context, message azidentity.DeviceCodeMessage) error {
			m.o.ShowCode(message.VerificationURL, message.UserCode)
			return nil
		},
	})
}

func (m maker) needsPublicClient() error {
	if m.o.ClientID != "" {
		return nil
	}
	return problem.FindKnown("client.missing").Stops("signIn.clientId", "it names no app registration for people to sign in through", "")
}
