package webhook

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

	"keyturn/notice"
	"keyturn/notify"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/signature"
)

// Config is the block below notify.webhook.
type Config struct {
	URL          secret.Value `yaml:"url"`
	Secret       secret.Value `yaml:"secret"`
	FormerSecret secret.Value `yaml:"formerSecret"`
}

// Parts are what the notifier is built on.
type Parts struct {
	Client *http.Client     // takes the configured network path, follows no redirect, logs no address
	Now    func() time.Time // the machine's clock, for the time of the signature
}

// Webhook posts notices to one address.
type Webhook struct {
	Parts
	url  secret.Value
	host string
	keys []secret.Value
}

var _ notify.Notifier = (*Webhook)(nil)

// answerWithin is how long the receiver may take; the specification recommends 15 to 30 seconds.
const answerWithin = 20 * time.Second

// New checks the settings and contacts nobody. What they can't mean is a Person problem.
func New(c Config, parts Parts) (*Webhook, error) {
	address, err := url.Parse(c.URL.Reveal())
	if err != nil || address.Host == "" || !isProtected(address) {
		return nil, setting("url", "it isn't an address that begins with https:// (http:// is for this machine alone)")
	}
	w := &Webhook{Parts: parts, url: c.URL, host: address.Host}
	if err := w.signWith("secret", c.Secret); err != nil {
		return nil, err
	}
	if c.FormerSecret.IsZero() {
		return w, nil
	}
	if err := w.signWith("formerSecret", c.FormerSecret); err != nil {
		return nil, err
	}
	return w, nil
}

func isProtected(address *url.URL) bool {
	return address.Scheme == "https" || address.Scheme == "http" && notify.OnThisMachine(address.Hostname())
}

// signWith adds the key of a setting.
func (w *Webhook) signWith(name string, value secret.Value) error {
	read, err := signature.Key(value)
	if err != nil {
		return setting(name, err.Error())
	}
	w.keys = append(w.keys, read)
	return nil
}

func setting(name, why string) error {
	return problem.NeedsPerson("webhook.setting", name, why, "see docs/notices.md")
}

// Code implements [notify.Notifier].
func (w *Webhook) Code() string { return Code }

// payload is the body: the type of the notice, when it was seen, and what it says.
type payload struct {
	Type      string    `json:"type"`      // keyturn.attention, keyturn.expiring, keyturn.recovered or keyturn.test
	Timestamp time.Time `json:"timestamp"` // when it was seen, not when it was sent
	Data      data      `json:"data"`
}

type data struct {
	Subject string    `json:"subject"` // what it is about; a recovery has the same as what it ends
	Code    string    `json:"code,omitempty"`
	App     string    `json:"app,omitempty"`
	Run     string    `json:"run,omitempty"`
	Title   string    `json:"title"`
	Text    string    `json:"text"`
	Fix     string    `json:"fix,omitempty"`
	By      time.Time `json:"by,omitzero"` // until when something must be done
}

// Send implements [notify.Notifier].
func (w *Webhook) Send(ctx context.Context, n notice.Notice) error {
	body, err := json.Marshal(payload{Type: "keyturn." + string(n.Kind), Timestamp: n.At.UTC(), Data: data{
		Subject: n.Subject, Code: n.Code, App: n.App, Run: n.Run, Title: n.Title, Text: n.Text, Fix: n.Fix, By: n.By,
	}})
	if err != nil {
		return fmt.Errorf("render notice %s: %w", n.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.Reveal(), bytes.NewReader(body))
	if err != nil {
		return setting("url", "it can't be asked")
	}
	at := w.Now()
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "keyturn")
	signature.Put(request.Header, w.keys, n.ID, at, body)
	return w.post(request)
}

func (w *Webhook) post(request *http.Request) error {
	answer, err := w.Client.Do(request)
	if err != nil {
		return &problem.Error{
			Class: problem.Retry, Code: "webhook.unreachable", Subject: w.subject(), Message: without(err).Error(),
			Fix: "check the address, network.proxy and network.caFile", Err: without(err),
		}
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection may be used again
	if answer.StatusCode/100 == 2 {
		return nil
	}
	return w.refusal(answer)
}

// refusal judges by the status alone: what the receiver says beside it may repeat what it was sent.
func (w *Webhook) refusal(answer *http.Response) error {
	found := &problem.Error{
		Class: problem.Person, Code: "webhook.refused", Subject: w.subject(), Message: "it answered " + answer.Status,
		Fix: "look into the receiver's log; check the address and the secret below notify.webhook",
	}
	if answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= http.StatusInternalServerError {
		found.Class = problem.Retry
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			found.After = time.Duration(seconds) * time.Second
		}
	}
	return found
}

// subject names the receiver without its path, in which a secret may stand.
func (w *Webhook) subject() string { return "webhook at " + w.host }

// without is err without the address that the client puts before it.
func without(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}
