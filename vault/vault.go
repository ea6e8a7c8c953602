package vault

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"keyturn/cloud"
	"keyturn/problem"
)

// Client speaks to the vaults of one cloud as one identity. It is safe for use by several goroutines.
type Client struct {
	session *cloud.Session
	mu      sync.Mutex
	vaults  map[string]*azsecrets.Client // by address: each learns the vault's challenge once
}

// New returns a client. It contacts nobody.
func New(session *cloud.Session) *Client {
	return &Client{session: session, vaults: map[string]*azsecrets.Client{}}
}

// Address returns the address of a vault given by name or by address, in this client's cloud.
func (c *Client) Address(vault string) (string, error) {
	return Address(vault, c.session.Hosts().VaultSuffix)
}

// Get reads one version with its value; version "" is the latest. A secret or version that isn't there is
// problem.NotFound; a disabled one is a problem with code [Disabled].
func (c *Client) Get(ctx context.Context, vault, name, version string) (Version, error) {
	client, address, err := c.connect(vault)
	if err != nil {
		return Version{}, err
	}
	answer, err := client.GetSecret(ctx, name, version, nil)
	if err != nil {
		return Version{}, classify(err, address, name)
	}
	if answer.ID == nil || answer.Value == nil {
		return Version{}, unreadable(address, name, false)
	}
	return fromSecret(answer.Secret), nil
}

// Set adds a version and makes it the latest. It is sent once; an error with Doubtful set means that the version may
// exist. NOT safe to repeat without looking for the version first.
func (c *Client) Set(ctx context.Context, vault, name string, draft Draft) (Version, error) {
	client, address, err := c.connect(vault)
	if err != nil {
		return Version{}, err
	}
	answer, err := client.SetSecret(once(ctx), name, draft.parameters(), nil)
	if err != nil {
		return Version{}, classify(err, address, name)
	}
	if answer.ID == nil {
		return Version{}, unreadable(address, name, true)
	}
	return fromSecret(answer.Secret), nil
}

// Versions lists every version without its value, in no order. A secret that isn't there has none, or is
// problem.NotFound: vaults answer either way.
func (c *Client) Versions(ctx context.Context, vault, name string) ([]Version, error) {
	client, address, err := c.connect(vault)
	if err != nil {
		return nil, err
	}
	var found []Version
	walked := walk{address: address}
	pages := client.NewListSecretPropertiesVersionsPager(name, nil)
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, classify(err, address, name)
		}
		for _, p := range page.Value {
			found = append(found, fromProperties(p))
		}
		if err := walked.on(page.NextLink); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// List lists the secrets of a vault by name, each with the attributes of its latest version, without values.
func (c *Client) List(ctx context.Context, vault string) (map[string]Version, error) {
	client, address, err := c.connect(vault)
	if err != nil {
		return nil, err
	}
	found := map[string]Version{}
	walked := walk{address: address}
	pages := client.NewListSecretPropertiesPager(nil)
	for pages.More() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, classify(err, address, "")
		}
		for _, p := range page.Value {
			if p.ID != nil {
				found[p.ID.Name()] = fromProperties(p)
			}
		}
		if err := walked.on(page.NextLink); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Disable puts one version out of use. Safe to repeat.
func (c *Client) Disable(ctx context.Context, vault, name, version string) error {
	client, address, err := c.connect(vault)
	if err != nil {
		return err
	}
	off := false
	change := azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: &off}}
	if _, err := client.UpdateSecretProperties(once(ctx), name, version, change, nil); err != nil {
		return classify(err, address, name)
	}
	return nil
}

// noVersion is the name of a version that no vault ever gives.
const noVersion = "00000000000000000000000000000000"

// MayUpdate asks whether we may change the secret, without changing anything: it edits a version that can't exist. A
// vault judges the caller before it looks for the version, so "not found" means yes (nil) and a refusal is returned.
// That order is known of reads; for edits it is inferred. In a vault with access policies the permission is the one to
// set secrets, in one with role assignments a sister of it.
func (c *Client) MayUpdate(ctx context.Context, vault, name string) error {
	err := c.Disable(ctx, vault, name, noVersion)
	if problem.Is(err, problem.NotFound) {
		return nil
	}
	return err
}

// Deleted reports whether a secret of that name was deleted and can still be recovered.
func (c *Client) Deleted(ctx context.Context, vault, name string) (bool, error) {
	client, address, err := c.connect(vault)
	if err != nil {
		return false, err
	}
	_, err = client.GetDeletedSecret(ctx, name, nil)
	if err == nil {
		return true, nil
	}
	if refused := classify(err, address, name); !problem.Is(refused, problem.NotFound) {
		return false, refused
	}
	return false, nil
}

// connect returns the client of one vault, which remembers the vault's challenge. That the challenge names this
// cloud's vaults, and no other host, is verified by azsecrets before a token is sent.
func (c *Client) connect(vault string) (*azsecrets.Client, string, error) {
	address, err := c.Address(vault)
	if err != nil {
		return nil, "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.vaults[address]; ok {
		return known, address, nil
	}
	options := &azsecrets.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: c.session.Client(), Retry: repeats()}}
	client, err := azsecrets.NewClient(address, c.session.Credential(), options)
	if err != nil {
		return nil, "", fmt.Errorf("open vault %s: %w", address, err)
	}
	c.vaults[address] = client
	return client, address, nil
}

// once turns the pipeline's own retries off: a repeated write makes one more version.
func once(ctx context.Context) context.Context {
	return policy.WithRetryOptions(ctx, policy.RetryOptions{MaxRetries: -1})
}

// walk is the way through the pages of a vault's listing.
type walk struct {
	address string // the vault's
	pages   cloud.Pages
}

// on refuses a link to the next page that leads to another host, where our token would go, or back to a page that was read.
func (w *walk) on(next *string) error {
	if next == nil || *next == "" {
		return nil
	}
	if err := w.pages.Ask(*next, w.address); err != nil {
		return err
	}
	link, err := url.Parse(*next)
	// vaults write the port
	if err == nil && link.Scheme == "https" && strings.EqualFold("https://"+strings.TrimSuffix(link.Host, ":443"), w.address) {
		return nil
	}
	return &problem.Error{
		Class: problem.Permanent, Code: "paging.host", Subject: w.address,
		Message: "the vault's listing goes on at another host; it was not followed",
	}
}
