// Package vendorwebhook is the target for an add-in, or another program, that somebody else hosts: its vendor is sent the
// new value in a signed POST, over HTTPS, to the address that the configuration names and nowhere else. The vendor's
// answer is all the proof there is; the place can't be asked what it holds.
//
// Start at [Target]. Each value is posted under one id, however often it is sent, so that a vendor who has it drops the
// repetition. Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11-25).
package vendorwebhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/signature"
	"keyturn/target"
)

// Config is the target's block in keyturn.yaml.
type Config struct {
	URL    string       `yaml:"url"`    // https; required
	Secret secret.Value `yaml:"secret"` // that posts are signed with; required
	Vendor string       `yaml:"vendor"` // what people call the vendor; "" = the address's host
}

// Parts are what the target is built on.
type Parts struct {
	Client *http.Client     // follows no redirect, logs no address
	Now    func() time.Time // the machine's clock, for the time of the signature
}

// Target is one vendor.
type Target struct {
	Parts
	url   *url.URL
	title string
	keys  []secret.Value
}

var (
	_ target.Target    = (*Target)(nil)
	_ target.Checker   = (*Target)(nil)
	_ target.Releasing = (*Target)(nil)
)

// answerWithin is how long the vendor may take; the specification recommends 15 to 30 seconds.
const answerWithin = 30 * time.Second

// New returns the target. A configuration that can't be right is a problem with code "vendor.setting"; without a secret,
// as when only its form is checked, it can be made and not written.
func New(cfg Config, parts Parts) (*Target, error) {
	address, err := url.Parse(cfg.URL)
	if err != nil || address.Scheme != "https" || address.Host == "" || address.User != nil {
		return nil, setting("url", "it isn't an address that begins with https://, without a user")
	}
	t := &Target{Parts: parts, url: address, title: cfg.Vendor}
	if t.title == "" {
		t.title = address.Hostname()
	}
	if cfg.Secret.IsZero() {
		return t, nil
	}
	key, err := signature.Key(cfg.Secret)
	if err != nil {
		return nil, setting("secret", err.Error())
	}
	t.keys = []secret.Value{key}
	return t, nil
}

func setting(name, why string) error {
	return problem.NeedsPerson("vendor.setting", name, why, "see vendorWebhook in docs/configuration.md")
}

// Place says which vendor this is. The path of the address isn't shown, in which a secret may stand.
func (t *Target) Place() target.Place {
	return target.Place{
		ID: Code + ":" + t.url.Host, Kind: Code, Title: "vendor " + t.title, Resource: t.url.Scheme + "://" + t.url.Host,
		Requests: 1, Brings: "the vendor puts it into place",
	}
}

// Look asks nobody: the vendor can't be asked.
func (*Target) Look(context.Context) (target.Standing, error) {
	return target.Standing{Exists: true, Silent: true, Note: "the vendor can't be asked what it holds"}, nil
}

// aboutSecret begins the type of every post.
const aboutSecret = "keyturn.secret."

// post is the body: what has happened, when, and to whom.
type post struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	ClientID string `json:"clientId"`
	TenantID string `json:"tenantId"`
	KeyID    string `json:"keyId,omitempty"`
	Replaces string `json:"replaces,omitempty"`
	Secret   string `json:"clientSecret,omitempty"`
	// Encoded is the secret as the web.config of a SharePoint add-in wants it.
	Encoded string    `json:"clientSecretBase64,omitempty"`
	Ends    time.Time `json:"ends,omitzero"`
}

// Write posts the value. The receipt is the id under which it was posted.
func (t *Target) Write(ctx context.Context, parcel target.Parcel) (string, error) {
	if parcel.Value.IsZero() {
		return "", errors.New(Code + ": there is no value to send")
	}
	id := "keyturn_" + parcel.Tag
	return id, t.send(ctx, id, post{Type: aboutSecret + "renewed", Data: data{
		ClientID: parcel.ClientID, TenantID: parcel.TenantID, KeyID: parcel.KeyID, Replaces: parcel.Replaces,
		Secret: parcel.Value.Reveal(), Encoded: target.Base64.Write(parcel.Value).Reveal(), Ends: parcel.End,
	}})
}

// Release tells the vendor that the old value has ended, so that it goes out of the configuration.
func (t *Target) Release(ctx context.Context, parcel target.Parcel) (string, error) {
	err := t.send(ctx, "keyturn_"+parcel.Tag+"_retired", post{Type: aboutSecret + "retired", Data: data{
		ClientID: parcel.ClientID, TenantID: parcel.TenantID, KeyID: parcel.Replaces,
	}})
	return "keyturn_" + parcel.Tag, err
}

func (t *Target) send(ctx context.Context, id string, what post) error {
	if len(t.keys) == 0 {
		return setting("secret", "it isn't there, so that nothing can be signed")
	}
	at := t.Now()
	what.Timestamp = at.UTC()
	body, err := json.Marshal(what)
	if err != nil {
		return errors.New(Code + ": the value can't be encoded") // the cause could show it
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url.String(), bytes.NewReader(body))
	if err != nil {
		return setting("url", "it can't be asked")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "keyturn")
	signature.Put(request.Header, t.keys, id, at, body)
	answer, err := t.Client.Do(request)
	if err != nil {
		return t.unreached(err)
	}
	defer func() { _ = answer.Body.Close() }() // nothing more is read
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	return t.judge(answer)
}

// unreached is told without the address that the client puts before its errors.
func (t *Target) unreached(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err
	}
	return &problem.Error{
		Class: problem.Retry, Code: "vendor.unreachable", Subject: t.Place().Title, Message: err.Error(), Doubtful: true,
		Fix: "check url, network.proxy and network.caFile", Err: err,
	}
}

// judge goes by the status alone: what a vendor says beside it may repeat what it was sent.
func (t *Target) judge(answer *http.Response) error {
	if answer.StatusCode/100 == 2 {
		return nil
	}
	found := &problem.Error{
		Class: problem.Person, Code: "vendor.refused", Subject: t.Place().Title, Message: "it answered " + strconv.Itoa(answer.StatusCode),
		Fix: "ask the vendor; check url and secret; then: keyturn resume APP",
	}
	if answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError {
		found.Class, found.After = problem.Retry, 10*time.Second
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			found.After = time.Duration(seconds) * time.Second
		}
	}
	return found
}

// Verify knows no more than that the vendor took it.
func (t *Target) Verify(context.Context, target.Parcel, target.Written) (target.Proof, error) {
	return target.Proof{Rung: renewal.Acknowledged, Note: fmt.Sprintf("%s took it; what it holds can't be asked", t.title)}, nil
}

// Check says what can be known without posting anything.
func (t *Target) Check(context.Context) []check.Check {
	const id = "vendor.signing"
	if len(t.keys) == 0 {
		return []check.Check{target.Failed(id, t.Place().Title, setting("secret", "it isn't there, so that nothing can be signed"))}
	}
	return []check.Check{check.Pass(id, t.Place().Title, "there is a secret to sign with; whether the vendor takes it shows when it is sent")}
}
