// Package heartbeat asks an address after each look at the tenant that went well, so that a service such as
// healthchecks.io, or a monitor of one's own, tells people when none does: a dead man's switch. Whether Keyturn itself
// has died is the one thing that it can't tell.
//
// Start at [New].
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"keyturn/secret"
)

// Heartbeat is one address.
type Heartbeat struct {
	url    secret.Value
	host   string
	client *http.Client
}

// answerWithin is how long the address may take: nobody waits for it.
const answerWithin = 10 * time.Second

// New checks the address and contacts nobody.
func New(address secret.Value, client *http.Client) (*Heartbeat, error) {
	parsed, err := url.Parse(address.Reveal())
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return nil, errors.New("it isn't an address that begins with https:// or http://")
	}
	return &Heartbeat{url: address, host: parsed.Host, client: client}, nil
}

// Beat asks the address once (GET). It is never repeated: the next look brings the next beat. Its error holds no more of
// the address than the host.
func (h *Heartbeat) Beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url.Reveal(), nil)
	if err != nil {
		return fmt.Errorf("the heartbeat's address at %s can't be asked", h.host)
	}
	request.Header.Set("User-Agent", "keyturn")
	answer, err := h.client.Do(request)
	if err != nil {
		return fmt.Errorf("the heartbeat at %s: %w", h.host, without(err))
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection may be used again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the heartbeat at %s answered %s", h.host, answer.Status)
	}
	return nil
}

// without is err without the address that the client puts before it.
func without(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}
