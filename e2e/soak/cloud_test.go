//go:build unix

package soak_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/e2e/cloudtest"
)

// cloud is the simulated Microsoft cloud, as unkind as it is by default.
type cloud struct {
	*cloudtest.Cloud
	t *testing.T
}

func startCloud(t *testing.T, flags ...string) *cloud {
	t.Helper()
	return &cloud{cloudtest.Start(t, binary, flags...), t}
}

func (c *cloud) ask(method, path string, body, into any) {
	c.t.Helper()
	c.Ask(c.t, method, path, body, into)
}

func (c *cloud) advance(d time.Duration) {
	c.t.Helper()
	c.ask(http.MethodPost, "/_sim/clock", map[string]string{"advance": d.String()}, nil)
}

// truth is what the cloud knows.
type truth struct {
	Now     time.Time
	Tenants []struct{ Applications []application }
	Vaults  []struct {
		Secrets []struct {
			Name     string
			Versions []struct{ Value string }
		}
	}
	Connections []struct{ Parameters map[string]string }
	Variables   []struct{ ID, Value string }
	Consumers   []struct {
		Name, ClientID, LastError string
		Successes, Failures       int
	}
}

type application struct {
	AppID, DisplayName string
	Passwords          []password
}

type password struct {
	KeyID, DisplayName, Value string
	End                       time.Time
}

func (p password) ours() bool { return strings.Contains(p.DisplayName, " keyturn ") }

func (c *cloud) truth() (now truth) {
	c.t.Helper()
	c.ask(http.MethodGet, "/_sim/state", nil, &now)
	return now
}
