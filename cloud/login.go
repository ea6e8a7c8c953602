package cloud

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"keyturn/problem"
)

// initialDomains are how the first domain of every tenant ends, which nobody can move to another server or tenant.
var initialDomains = []string{".onmicrosoft.com", ".onmicrosoft.us", ".partner.onmschina.cn"}

// IsInitialDomain reports whether domain is one that Microsoft itself gave to a tenant.
func IsInitialDomain(domain string) bool {
	for _, end := range initialDomains {
		if strings.HasSuffix(strings.ToLower(domain), end) {
			return true
		}
	}
	return false
}

// checkLogin finds out, before the password goes anywhere, whether the login can sign in with one here. What nobody tells
// without a sign-in is left to the sign-in.
func (p *passwordSignIn) checkLogin(ctx context.Context) error {
	name, domain, ok := strings.Cut(p.login, "@")
	if !ok || name == "" || !strings.Contains(domain, ".") || strings.ContainsAny(p.login, " \t\\") || strings.Contains(domain, "@") {
		return p.badForm("the login isn't written as user@domain")
	}
	if strings.Contains(strings.ToUpper(name), "#EXT#") {
		return p.badForm("that is how a guest's account is called here; a guest can't sign in with a password")
	}
	if err := p.checkHome(ctx, domain); err != nil {
		return err
	}
	if p.federated(ctx) {
		return p.badForm("the passwords of " + domain + " are checked by a server of its owner (the domain is federated), which a password typed here doesn't reach")
	}
	return nil
}

// checkHome asks whose domain it is, which every tenant tells everybody.
func (p *passwordSignIn) checkHome(ctx context.Context, domain string) error {
	theirs, err := p.discovery.tenantID(ctx, p.hosts.Login, domain)
	switch {
	case problem.Is(err, "tenant.unknown"):
		return p.badForm("no tenant has the domain " + domain)
	case err != nil:
		return err
	case strings.EqualFold(p.tenant, domain) || strings.EqualFold(p.tenant, theirs) || p.tenant == "organizations":
		return nil
	}
	ours := p.tenant
	if !IsGUID(ours) {
		if ours, err = p.discovery.tenantID(ctx, p.hosts.Login, p.tenant); err != nil {
			return err
		}
	}
	if strings.EqualFold(ours, theirs) {
		return nil
	}
	return problem.FindKnown("tenant.wrong").Stops(p.subject(), "the domain "+domain+" belongs to the tenant "+theirs, "")
}

// federated reports whether Microsoft says that somebody else checks this login's password. It is the question that
// Microsoft's own sign-in libraries ask first; where it isn't answered, the sign-in itself tells.
func (p *passwordSignIn) federated(ctx context.Context) bool {
	address := p.hosts.Login + "/common/userrealm/" + url.PathEscape(p.login) + "?api-version=1.0"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	answer, err := p.discovery.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var says struct {
		Account string `json:"account_type"`
	}
	return answer.StatusCode == http.StatusOK && json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&says) == nil &&
		strings.EqualFold(says.Account, "Federated")
}

func (p *passwordSignIn) badForm(message string) error {
	more := ""
	if typed := p.atInitialDomain(); typed != "" {
		more = "type " + typed + ", or whichever account of that domain has the right"
	}
	return problem.FindKnown("login.form").Stops(p.subject(), message, more)
}

// atInitialDomain is the login as it would be at the tenant's initial domain; "" where that isn't known before a sign-in,
// or where the login is there already.
func (p *passwordSignIn) atInitialDomain() string {
	name, domain, _ := strings.Cut(p.login, "@")
	if !IsInitialDomain(p.tenant) || strings.EqualFold(domain, p.tenant) {
		return ""
	}
	return name + "@" + strings.ToLower(p.tenant)
}
