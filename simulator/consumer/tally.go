package consumer

import "time"

// Kind says what sort of thing a consumer is.
type Kind string

// The kinds of consumer.
const (
	// KindConnector signs in with the client secret in an API connection's parameters and keeps the token.
	KindConnector Kind = "connector"
	// KindLogicApp counts the runs of a workflow; it holds nothing itself.
	KindLogicApp Kind = "logic app"
	// KindLabelFlow is the password grant that Provision Assist's label step makes with the vault's value.
	KindLabelFlow Kind = "password flow"
	// KindRunbook reads an Automation variable when a job starts and signs in with it.
	KindRunbook Kind = "runbook"
	// KindApp read the vault when it started and keeps the value until it is started again.
	KindApp Kind = "app"
	// KindStranger has the value in a setting of its own that no Azure resource names.
	KindStranger Kind = "undiscovered"
	// KindJob runs by a schedule and signs in anew each time, with what its place holds or held lately.
	KindJob Kind = "job"
	// KindCertificate signs in with the certificate; its failures say nothing about the secret.
	KindCertificate Kind = "certificate"
)

// Consumer is one user of the credentials and how it fared. The JSON is that of the ground truth.
type Consumer struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// ClientID is the app it signs in as, where it has been told.
	ClientID string `json:"clientId,omitempty"`
	// Holds is the value that it would sign in with now; for a certificate its thumbprint, for a logic app nothing.
	Holds     string `json:"holds"`
	Successes int    `json:"successes"`
	Failures  int    `json:"failures"`
	// FirstFailureAfter is how long after the consumer began to act it first failed, "" when it never did.
	FirstFailureAfter string `json:"firstFailureAfter"`
	LastError         string `json:"lastError"`
}

// tally counts for one consumer.
type tally struct {
	name        string
	kind        Kind
	clientID    string // "" = it finds out itself
	began       time.Time
	holds       func() string
	successes   int
	failures    int
	failedAfter time.Duration
	lastError   string
}

func (t *tally) success() { t.successes++ }

func (t *tally) failure(now time.Time, why string) {
	if t.failures == 0 {
		t.failedAfter = now.Sub(t.began)
	}
	t.failures++
	t.lastError = why
}

func (t *tally) report() Consumer {
	c := Consumer{Name: t.name, Kind: t.kind, ClientID: t.clientID, Successes: t.successes, Failures: t.failures, LastError: t.lastError}
	if t.failures > 0 {
		c.FirstFailureAfter = t.failedAfter.Round(time.Second).String()
	}
	if t.holds != nil {
		c.Holds = t.holds()
	}
	return c
}
