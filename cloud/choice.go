package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/problem"
)

// The address at which a virtual machine of Azure hands out its identity's tokens, how long it is knocked at, and how
// long it may then take. Elsewhere nobody answers, and a laptop or a build machine must not wait for that.
const (
	imdsHost    = "169.254.169.254"
	imdsAddress = imdsHost + ":80"
	imdsKnock   = 400 * time.Millisecond
	tryFor      = 12 * time.Second
	// askAgain is how long "no identity works here" is believed, so that a hundred requests don't try a hundred times.
	askAgain = 15 * time.Second
)

// choice is which identity is used: the one named, or the first that the machine offers, decided once.
type choice struct {
	maker    maker
	knock    func(ctx context.Context) error
	mu       sync.Mutex
	made     *identity
	failed   error
	failedAt time.Time
}

func newChoice(o Options, hosts Hosts, carrier policy.Transporter) (*choice, error) {
	c := &choice{maker: maker{o: o, hosts: hosts, carrier: carrier}, knock: knockAtIMDS}
	if strings.EqualFold(o.Identity, IdentityDefault) {
		return c, nil
	}
	for _, name := range Identities() {
		if strings.EqualFold(name, o.Identity) {
			o.Identity = name
		}
	}
	var err error
	c.made, err = c.maker.identity(o.Identity)
	return c, err
}

func (c *choice) tenant() string {
	if c.maker.o.Tenant == "" {
		return "of the identity"
	}
	return c.maker.o.Tenant
}

// onlyOne reports whether it is known that sign-ins go one after the other.
func (c *choice) onlyOne() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made != nil && c.made.shared
}

// make returns the identity. Where an identity had to be tried to know it, its token comes along.
func (c *choice) make(ctx context.Context, want policy.TokenRequestOptions) (*identity, azcore.AccessToken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made != nil {
		return c.made, azcore.AccessToken{}, nil
	}
	if c.failed != nil && c.maker.o.Now().Sub(c.failedAt) < askAgain {
		return nil, azcore.AccessToken{}, c.failed
	}
	var token azcore.AccessToken
	c.made, token, c.failed = c.first(ctx, want)
	c.failedAt = c.maker.o.Now()
	return c.made, token, c.failed
}

// first tries one identity after the other.
func (c *choice) first(ctx context.Context, want policy.TokenRequestOptions) (*identity, azcore.AccessToken, error) {
	var reasons []string
	for _, link := range c.links() {
		who, err := c.maker.identity(link.name)
		if err != nil {
			return nil, azcore.AccessToken{}, err
		}
		token, err := link.try(ctx, who, want)
		if err == nil {
			return who, token, nil
		}
		var found *problem.Error
		if ctx.Err() != nil || errors.As(err, &found) {
			return nil, azcore.AccessToken{}, err
		}
		reasons = append(reasons, link.name+": "+reason(err))
	}
	return nil, azcore.AccessToken{}, problem.NeedsPerson("identity.none", "sign-in of Keyturn",
		"no identity works here ("+strings.Join(reasons, "; ")+")",
		"set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or run az login, or choose identity: browser with a signIn.clientId")
}

// link is one identity of the default order with how to find out whether it is there.
type link struct {
	name string
	try  func(ctx context.Context, who *identity, want policy.TokenRequestOptions) (azcore.AccessToken, error)
}

// links is the order of the default identity. What the environment names is taken without a try: a refused secret
// there must be told, not passed over in favour of somebody else's rights.
func (c *choice) links() []link {
	return []link{
		{IdentityEnvironment, c.named},
		{IdentityWorkload, c.named},
		{IdentityManaged, c.tryManaged},
		{IdentityAzureCLI, c.tryAzureCLI},
	}
}

func (c *choice) named(_ context.Context, who *identity, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	_, err := who.opened()
	return azcore.AccessToken{}, err
}

func (c *choice) tryManaged(ctx context.Context, who *identity, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if os.Getenv("IDENTITY_ENDPOINT") != "" || os.Getenv("MSI_ENDPOINT") != "" {
		return c.named(ctx, who, want)
	}
	if err := c.knock(ctx); err != nil {
		return azcore.AccessToken{}, unavailable(IdentityManaged, "this is no virtual machine of Azure")
	}
	return tried(ctx, who, want)
}

func (c *choice) tryAzureCLI(ctx context.Context, who *identity, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if _, err := exec.LookPath("az"); err != nil {
		return azcore.AccessToken{}, unavailable(IdentityAzureCLI, "the az command is not installed")
	}
	return tried(ctx, who, want)
}

func tried(ctx context.Context, who *identity, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	return who.token(ctx, &lane{}, want)
}

func knockAtIMDS(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, imdsKnock)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", imdsAddress)
	if err != nil {
		return fmt.Errorf("knock at %s: %w", imdsAddress, err)
	}
	return connection.Close()
}

// missing is an identity that isn't there, with the reason.
type missing struct{ name, why string }

func (m *missing) Error() string { return m.why }

func unavailable(name, why string) error { return &missing{name: name, why: why} }

// reason is an error in few words, on one line.
func reason(err error) string {
	var absent *missing
	if errors.As(err, &absent) {
		return absent.why
	}
	if answer := answerIn(err); answer != nil {
		return "the endpoint answered " + readRefusal(answer).Error()
	}
	text, _, _ := strings.Cut(err.Error(), "To troubleshoot")
	text = strings.TrimPrefix(text, "AzureCLICredential: ")
	return scrub(strings.TrimPrefix(strings.TrimSpace(text), "ERROR: "))
}
