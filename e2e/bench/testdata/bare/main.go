// Command bare is the floor of the benchmarks: the least that a Go program can do for the same work. Without arguments it
// starts and ends. With them it sends the requests of a log once more, as cheaply as net/http can: one connection a host,
// but one of its own for each sign-in that proves a secret. It reads the answers and doesn't look at them.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// request is a line of the simulator's log.
type request struct {
	Host   string `json:"host"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Query  string `json:"query"`
	Body   string `json:"requestBody"`
}

func main() {
	if len(os.Args) != 5 {
		return
	}
	if err := send(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// send repeats what script holds through proxy. Sign-ins of others than self take a connection of their own.
func send(script, proxy, caFile, self string) error {
	text, err := os.ReadFile(script)
	if err != nil {
		return err
	}
	var all []request
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	address, err := url.Parse(proxy)
	if err != nil {
		return err
	}
	roots, err := authorities(caFile)
	if err != nil {
		return err
	}
	kept := transport(address, roots)
	kept.ForceAttemptHTTP2 = true
	for _, one := range all {
		way := kept
		if proof := strings.HasSuffix(one.Path, "/token") && !strings.Contains(one.Body, self); proof {
			way = transport(address, roots)
			way.DisableKeepAlives = true
		}
		if err := one.send(way); err != nil {
			return err
		}
	}
	return nil
}

// authorities are those that Keyturn trusts: the machine's and those of caFile.
func authorities(caFile string) (*x509.CertPool, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots.AppendCertsFromPEM(text)
	return roots, nil
}

func transport(proxy *url.URL, roots *x509.CertPool) *http.Transport {
	return &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
}

// send sends sign-ins as they were and everything else as reading, which changes nothing.
func (r request) send(way *http.Transport) error {
	method, body := http.MethodGet, ""
	if strings.HasSuffix(r.Path, "/token") {
		method, body = http.MethodPost, r.Body
	}
	address := "https://" + r.Host + r.Path
	if r.Query != "" {
		address += "?" + r.Query
	}
	sent, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	sent.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := way.RoundTrip(sent)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
