package server

import (
	"crypto/tls"
	"os"
	"sync"
	"time"

	"keyturn/problem"
)

// certificate is a certificate with its key in two files, read again when they change: a certificate is renewed without
// anybody starting Keyturn anew.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time

	mu      sync.Mutex
	held    *tls.Certificate
	changed time.Time // of the newer file, when held was read
	looked  time.Time
}

// lookAgain is how often the files are looked at, at most.
const lookAgain = 10 * time.Second

// TLS returns the rules of connections that show the certificate in certFile with the key in keyFile, both PEM. Files that
// can't be used are a Person problem.
func TLS(certFile, keyFile string) (*tls.Config, error) { return TLSAt(certFile, keyFile, time.Now) }

// TLSAt is [TLS] by another clock.
func TLSAt(certFile, keyFile string, now func() time.Time) (*tls.Config, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, now: now}
	if _, err := c.get(nil); err != nil {
		trouble := problem.NeedsPerson("serve.certificate", certFile, "can't be used with the key in "+keyFile+": "+err.Error(),
			"name PEM files of a certificate, with those that signed it, and of its key in serve.tls")
		trouble.Err = err
		return nil, trouble
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}, nil
}

// get returns the certificate as it lies there now, or the last good one while the files are being changed.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != nil && c.now().Sub(c.looked) < lookAgain {
		return c.held, nil
	}
	c.looked = c.now()
	changed := c.lastChange()
	if c.held != nil && changed.Equal(c.changed) {
		return c.held, nil
	}
	read, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err == nil {
		c.held, c.changed = &read, changed
	}
	if c.held != nil {
		return c.held, nil
	}
	return nil, err
}

func (c *certificate) lastChange() (last time.Time) {
	for _, file := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(file); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}
