package cloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"keyturn/problem"
)

const (
	fixNetwork   = "check this machine's network; where a proxy is needed, set network.proxy, --proxy or HTTPS_PROXY"
	fixProxy     = "see that it runs, and correct network.proxy, --proxy or HTTPS_PROXY, whichever names it"
	fixAuthority = "the connection is inspected by a proxy, or goes to somebody else: set network.caFile or --ca-file to that proxy's authority in PEM form"
	fixName      = "the connection goes to somebody else: look at this machine's name service, its hosts file and the proxy"
	fixManaged   = "run Keyturn on an Azure machine that has an identity assigned, or choose another identity in the configuration"
	fixVaultName = "check the vault's name and cloud in the configuration: no vault answers to that name, or it can't be resolved from here"
)

// classifyBroken is for requests that got no answer. What stands between, such as a guest network that shows a certificate of its
// own, or a proxy whose rules are just being changed, may be gone in a minute, and a renewal goes on by itself then; whoever
// must mend it is told how.
func classifyBroken(err error, subject string) error {
	sent := requestIn(err)
	p := &problem.Error{
		Class: problem.Retry, Code: problem.Unreachable, Subject: subject, Message: "no answer" + sent.from(),
		Fix: fixNetwork, Doubtful: sent.write, Err: sparse(err),
	}
	var refused *proxyRefusal
	var unresolved *net.DNSError
	var other x509.HostnameError
	switch {
	case interrupted(err):
		p.Code, p.Message, p.Fix = "interrupted", "the request was stopped", ""
	case errors.As(err, &other):
		p.Code, p.Doubtful = problem.Between, false
		p.Message, p.Fix = "whoever answers for "+other.Host+" shows the certificate of another name", fixName
	case isAuthority(err):
		p.Code, p.Doubtful = problem.Between, false
		p.Message, p.Fix = "the certificate"+sent.of()+" isn't signed by an authority that this machine trusts", fixAuthority
	case errors.As(err, &refused):
		p.Doubtful = false
		refused.explain(p)
	case errors.As(err, &unresolved):
		p.Doubtful = false
		explainName(p, unresolved)
	case neverSent(err) && sent.host == imdsHost:
		p.Class, p.Code, p.Message, p.Fix = problem.Person, "identity.none", "no managed identity answers on this machine", fixManaged
	default:
		sent.broke(p, err)
	}
	return p
}

// broke says how a request ended that got no answer.
func (s sending) broke(p *problem.Error, err error) {
	switch {
	case errors.Is(err, syscall.EMFILE):
		p.Message, p.Fix, p.Doubtful = "can't connect"+s.to()+": "+problem.TooManyFiles, problem.FixTooManyFiles, false
	case neverSent(err) && deadProxy(err) != "":
		p.Message, p.Fix, p.Doubtful = "the proxy "+deadProxy(err)+" doesn't answer", fixProxy, false
	case neverSent(err):
		p.Message, p.Doubtful = "can't connect"+s.to(), false
	case isTimeout(err):
		p.Message = "no answer in time" + s.from()
	case errors.Is(err, io.ErrUnexpectedEOF):
		p.Message = "the answer" + s.of() + " broke off"
	case s.host == "":
		p.Message = "the request failed: " + scrub(err.Error())
	}
}

// deadProxy is the address of a proxy that took no connection; "" = it isn't the proxy's fault.
func deadProxy(err error) string {
	var proxy, dial *net.OpError
	if !errors.As(err, &proxy) || proxy.Op != "proxyconnect" || !errors.As(proxy.Err, &dial) || dial.Addr == nil {
		return ""
	}
	return dial.Addr.String()
}

// sending is what is known of the request behind an error.
type sending struct {
	host  string
	write bool // it may have changed something, or nobody knows
}

func requestIn(err error) sending {
	var failed *url.Error
	if !errors.As(err, &failed) {
		return sending{write: true}
	}
	s := sending{write: !strings.EqualFold(failed.Op, http.MethodGet) && !strings.EqualFold(failed.Op, http.MethodHead)}
	if where, err := url.Parse(failed.URL); err == nil {
		s.host = where.Hostname()
	}
	return s
}

func (s sending) from() string { return s.with(" from ") }
func (s sending) to() string   { return s.with(" to ") }
func (s sending) of() string   { return s.with(" of ") }

func (s sending) with(word string) string {
	if s.host == "" {
		return ""
	}
	return word + s.host
}

// isAuthority reports whether the other side's certificate was the trouble.
func isAuthority(err error) bool {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var check *tls.CertificateVerificationError
	return errors.As(err, &unknown) || errors.As(err, &invalid) || errors.As(err, &name) || errors.As(err, &check)
}

// neverSent reports whether the connection itself failed, so that nothing can have happened.
func neverSent(err error) bool {
	var operation *net.OpError
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return true
	}
	return errors.As(err, &operation) && (operation.Op == "dial" || operation.Op == "proxyconnect")
}

// unreached reports whether no connection came about, be it here, at the proxy, or with the other side.
func unreached(err error) bool {
	var refused *proxyRefusal
	var unresolved *net.DNSError
	return errors.As(err, &refused) || errors.As(err, &unresolved) || neverSent(err) || isAuthority(err)
}

// interrupted reports whether err is the caller's own stop.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }

func isTimeout(err error) bool {
	var timed net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timed) && timed.Timeout())
}

// explain says what a proxy's refusal means. Through a proxy it is the proxy that resolves names, so that a vault that
// doesn't exist shows as the proxy's failure.
func (r *proxyRefusal) explain(p *problem.Error) {
	p.Message = r.Error()
	host := hostOnly(r.target)
	switch {
	case r.status == http.StatusProxyAuthRequired:
		p.Code = problem.Between
		p.Fix = "the proxy wants a name and password: write the address as http://name:password@host:port in HTTPS_PROXY, not in the configuration file"
	case r.status == http.StatusForbidden || r.status == http.StatusMethodNotAllowed:
		p.Code = problem.Between
		p.Fix = "have " + host + " allowed at the proxy"
	case isVaultHost(host):
		p.Fix = fixVaultName
	default:
		p.Fix = "see why the proxy doesn't reach " + host
	}
}

// explainName says what a name that can't be resolved means: a vault's name is its owner's to choose and may be
// misspelt; Microsoft's own are right, so then it is the network.
func explainName(p *problem.Error, failed *net.DNSError) {
	p.Message = "the name " + failed.Name + " can't be resolved"
	if failed.IsNotFound && isVaultHost(failed.Name) {
		p.Class, p.Code, p.Fix = problem.Person, problem.NotFound, fixVaultName
	}
}

// isMicrosofts reports whether host is one of a cloud's services that Keyturn asks by their APIs; SharePoint's aren't, which have pages.
func isMicrosofts(host string) bool {
	for _, hosts := range clouds {
		if hosts.Owns(host) {
			return true
		}
	}
	return false
}

func isVaultHost(host string) bool {
	for _, hosts := range clouds {
		if hosts.IsVault(host) {
			return true
		}
	}
	return false
}

func hostOnly(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// sparse keeps an error's chain but not the address in its text, whose query may carry a signature.
func sparse(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("send %s request: %w", strings.ToLower(failed.Op), failed.Err)
	}
	return err
}
