package inventory

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
	"keyturn/problem"
	"keyturn/vault"
)

const certificateVersion = "7.4"

// Certificates reads the certificates of Key Vaults: names, thumbprints, dates, never a private half.
// Source: https://learn.microsoft.com/rest/api/keyvault/certificates (7.4, read 2026-11-22).
type Certificates struct {
	session *cloud.Session
	secrets Versions
}

// Versions lists the versions of a secret without values; a *vault.Client does.
type Versions interface {
	List(ctx context.Context, vault string) (map[string]vault.Version, error)
	Versions(ctx context.Context, vault, name string) ([]vault.Version, error)
}

// NewCertificates returns a reader. It contacts nobody.
func NewCertificates(session *cloud.Session, secrets Versions) *Certificates {
	return &Certificates{session: session, secrets: secrets}
}

// In reads the certificates of one vault. Where the vault's certificates are closed to us but its secrets may be listed,
// it gives the dates alone, from the secrets that hold the private halves; those are not read.
func (c *Certificates) In(ctx context.Context, name string) ([]VaultCertificate, error) {
	found, err := c.read(ctx, name)
	if problem.Is(err, problem.Denied) {
		return c.byDates(ctx, name)
	}
	return found, err
}

type certificateRow struct {
	ID         string `json:"id"`
	Thumbprint string `json:"x5t"`
	Attributes struct {
		Created int64 `json:"created"`
		Expires int64 `json:"exp"`
	} `json:"attributes"`
	Policy struct {
		Lifetime []struct {
			Trigger struct {
				Days       int `json:"days_before_expiry"`
				Percentage int `json:"lifetime_percentage"`
			} `json:"trigger"`
			Action struct {
				Type string `json:"action_type"`
			} `json:"action"`
		} `json:"lifetime_actions"`
		X509 struct {
			Months int `json:"validity_months"`
		} `json:"x509_props"`
	} `json:"policy"`
}

func (c *Certificates) read(ctx context.Context, name string) ([]VaultCertificate, error) {
	address, err := vault.Address(name, c.session.Hosts().VaultSuffix)
	if err != nil {
		return nil, err
	}
	listed, err := c.pages(ctx, address, "/certificates")
	if err != nil {
		return nil, err
	}
	var found []VaultCertificate
	for _, row := range listed {
		one := VaultCertificate{Vault: vault.Name(address), Name: lastOf(row.ID)}
		versions, err := c.pages(ctx, address, "/certificates/"+one.Name+"/versions")
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			one.Versions = append(one.Versions, v.version())
		}
		var bundle certificateRow
		if err := c.get(ctx, address, address+"/certificates/"+one.Name+"?api-version="+certificateVersion, &bundle); err != nil {
			return nil, err
		}
		one.AutoRenew = bundle.autoRenew()
		found = append(found, one)
	}
	return found, nil
}

func (r certificateRow) version() VaultCertificateVersion {
	v := VaultCertificateVersion{Created: time.Unix(r.Attributes.Created, 0).UTC(), End: time.Unix(r.Attributes.Expires, 0).UTC()}
	if raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(r.Thumbprint, "=")); err == nil {
		v.Thumbprint = strings.ToUpper(hex.EncodeToString(raw))
	}
	return v
}

// autoRenew reads the policy's own lifetime action; a percentage of the life is turned into a time before its end.
func (r certificateRow) autoRenew() time.Duration {
	for _, action := range r.Policy.Lifetime {
		if !strings.EqualFold(action.Action.Type, "AutoRenew") {
			continue
		}
		if action.Trigger.Days > 0 {
			return time.Duration(action.Trigger.Days) * aDay
		}
		life := time.Duration(r.Policy.X509.Months) * 30 * aDay
		return life - life*time.Duration(action.Trigger.Percentage)/100
	}
	return 0
}

func (c *Certificates) pages(ctx context.Context, address, path string) ([]certificateRow, error) {
	var all []certificateRow
	next := address + path + "?api-version=" + certificateVersion
	var asked cloud.Pages
	for next != "" {
		if err := asked.Ask(next, address); err != nil {
			return nil, err
		}
		var page struct {
			Value    []certificateRow `json:"value"`
			NextLink string           `json:"nextLink"`
		}
		if err := c.get(ctx, address, next, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		if err := sameHost(page.NextLink, address); err != nil {
			return nil, err
		}
		next = page.NextLink
	}
	return all, nil
}

// sameHost refuses a next page elsewhere: our token would go there.
func sameHost(next, address string) error {
	link, err := url.Parse(next)
	if next == "" || (err == nil && strings.EqualFold(link.Scheme+"://"+link.Host, address)) {
		return nil
	}
	return &problem.Error{
		Class: problem.Permanent, Code: "paging.host", Subject: address, Message: "the vault's listing goes on at another host; it was not followed",
	}
}

func (c *Certificates) get(ctx context.Context, address, link string, into any) error {
	subject := "the certificates of vault " + vault.Name(address)
	request, err := runtime.NewRequest(ctx, http.MethodGet, link)
	if err != nil {
		return fmt.Errorf("read %s: %w", subject, err)
	}
	response, err := c.session.Pipeline(address, c.session.Hosts().VaultScope()).Do(request)
	if err != nil {
		return cloud.Classify(err, subject)
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		return cloud.Classify(runtime.NewResponseError(response), subject)
	}
	if err := runtime.UnmarshalAsJSON(response, into); err != nil {
		return fmt.Errorf("read %s: %w", subject, err)
	}
	return nil
}

// byDates reads the dates of the private halves, which are secrets of the certificates' names.
func (c *Certificates) byDates(ctx context.Context, name string) ([]VaultCertificate, error) {
	listed, err := c.secrets.List(ctx, name)
	if err != nil {
		return nil, err
	}
	var found []VaultCertificate
	for secret, latest := range listed {
		if !strings.EqualFold(latest.ContentType, pfx) {
			continue
		}
		versions, err := c.secrets.Versions(ctx, name, secret)
		if err != nil {
			return nil, err
		}
		one := VaultCertificate{Vault: name, Name: secret}
		for _, v := range versions {
			one.Versions = append(one.Versions, VaultCertificateVersion{Created: v.Created, End: v.Expires})
		}
		found = append(found, one)
	}
	return found, nil
}
