package cloud

import (
	"crypto/x509"
	"net/http"
)

// Elsewhere returns the HTTP client for places that aren't Microsoft's, such as a webhook of one's own: the same proxy and
// authorities, without redirects. Nothing that it asks is logged, counted or believed about the time, because such an
// address may be a secret itself.
func (s *Session) Elsewhere() *http.Client { return newClient(s.base) }

// Authorities returns the certificate authorities that are trusted; nil means the machine's own.
func (s *Session) Authorities() *x509.CertPool { return s.base.TLSClientConfig.RootCAs }
