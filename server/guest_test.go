package server_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/server"
	"keyturn/server/access"
	"keyturn/server/guest"
)

// desk lets people sign in as the test says: by device at once when done is closed, by browser when it comes back.
type desk struct {
	mu     sync.Mutex
	done   chan struct{} // nil = a device never comes
	open   map[string]bool
	closed []string
}

func (d *desk) Open(ctx context.Context, subject string, ask guest.Ask, show func(address, code string), back <-chan url.Values) (guest.Account, error) {
	d.mu.Lock()
	done := d.done
	d.mu.Unlock()
	switch {
	case ask.How == problem.ByPassword && ask.Password.IsZero():
		return guest.Account{}, problem.NeedsPerson("password.missing", "the sign-in", "there is no password", "type one")
	case ask.How == problem.ByPassword && !ask.Password.Equal(secret.New("right")):
		return guest.Account{}, problem.NeedsPerson("signin.refused", ask.Login, "isn't accepted", "type it again")
	case ask.How == problem.ByBrowser:
		show("https://login.microsoftonline.com/authorize", "")
		select {
		case answer := <-back:
			if answer.Get("error") != "" {
				return guest.Account{}, problem.NeedsPerson("signin.denied", "you", answer.Get("error"), "sign in again")
			}
		case <-ctx.Done():
			return guest.Account{}, context.Cause(ctx)
		}
	case ask.How == problem.ByDevice:
		show("https://microsoft.com/devicelogin", "ABCD1234")
		select {
		case <-done:
		case <-ctx.Done():
			return guest.Account{}, context.Cause(ctx)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open == nil {
		d.open = map[string]bool{}
	}
	d.open[subject] = true
	return guest.Account{Name: "anna@contoso.onmicrosoft.com", Rights: []string{"Application.ReadWrite.All"}, MFA: true}, nil
}

func (d *desk) Close(subject string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, subject)
	d.closed = append(d.closed, subject)
}

// visit begins a sign-in, or (how "") looks at it.
func (b *building) visit(client *http.Client, how, more string) guest.Visit {
	b.t.Helper()
	method, body := "GET", ""
	if how != "" {
		method, body = "POST", `{"how":"`+how+`"`+more+`}`
	}
	sent, err := http.NewRequestWithContext(b.t.Context(), method, b.address+"/api/v1/sign-in", strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	sent.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(sent)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	var seen guest.Visit
	if err := json.NewDecoder(answer.Body).Decode(&seen); err != nil || answer.StatusCode != http.StatusOK {
		b.t.Fatalf("%d: %v", answer.StatusCode, err)
	}
	return seen
}

// until looks at a sign-in until it stands so.
func (b *building) until(client *http.Client, state guest.State) guest.Visit {
	b.t.Helper()
	for range 1000 {
		if seen := b.visit(client, "", ""); seen.State == state {
			return seen
		}
	}
	b.t.Fatalf("it never was %s", state)
	return guest.Visit{}
}

func TestAPersonSignsInWithTheirOwnRights(t *testing.T) {
	t.Parallel()
	d, later := &desk{done: make(chan struct{})}, time.Duration(0)
	b := build(t, func(c *server.Console) {
		c.Room.Opener, c.Room.Now = d, func() time.Time { return time.Now().Add(later) }
	})
	ada, eve := b.browser(access.Operator), b.browser(access.Admin)
	if seen := b.visit(ada, "", ""); seen.State != guest.None {
		t.Errorf("before: %+v", seen)
	}
	if seen := b.visit(ada, "device", ""); seen.State != guest.Waiting || seen.Code != "ABCD1234" || seen.Address == "" {
		t.Errorf("by device: %+v", seen)
	}
	if seen := b.visit(eve, "", ""); seen.State != guest.None {
		t.Errorf("somebody else sees %+v", seen)
	}
	close(d.done)
	if seen := b.until(ada, guest.Here); seen.Account != "anna@contoso.onmicrosoft.com" || len(seen.Rights) == 0 || seen.Until.IsZero() || seen.Code != "" {
		t.Errorf("signed in: %+v", seen)
	}
	if seen := b.visit(ada, "browser", ""); seen.State != guest.Waiting || seen.Address == "" {
		t.Errorf("by browser: %+v", seen)
	}
	if answer, _ := b.ask(eve, "GET", "/sign-in/person?code=x&state=y", nil); answer.StatusCode != http.StatusForbidden {
		t.Errorf("somebody else's browser comes back: %d", answer.StatusCode)
	}
	if answer, _ := b.ask(ada, "GET", "/sign-in/person?code=x&state=y", nil); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("her browser comes back: %d", answer.StatusCode)
	}
	b.until(ada, guest.Here)
	later = guest.Life + time.Second
	if seen := b.visit(ada, "", ""); seen.State != guest.None {
		t.Errorf("after its end: %+v", seen)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.open) > 0 {
		t.Errorf("%d are still held", len(d.open))
	}
}

func TestAPasswordIsTypedOnlyWhereItMayBe(t *testing.T) {
	t.Parallel()
	const wrong = "Wr0ng-battery-staple"
	b := build(t, func(c *server.Console) { c.Room.Password = true })
	browser := b.browser(access.Operator)
	if seen := b.until(browser, guest.None); seen.State != guest.None {
		t.Fatal(seen)
	}
	seen := b.visit(browser, "password", `,"login":"anna@contoso.onmicrosoft.com","password":"`+wrong+`"`)
	if seen.State != guest.Failed || seen.Problem != "signin.refused" || strings.Contains(seen.Reason+seen.Fix, wrong) {
		t.Errorf("a wrong password: %+v", seen)
	}
	if seen := b.visit(browser, "password", `,"login":"anna@contoso.onmicrosoft.com","password":"right"`); seen.State != guest.Here {
		t.Errorf("the right one: %+v", seen)
	}
	refusing := build(t, nil)
	answer, text := refusing.send("POST", request{path: "/api/v1/sign-in", body: `{"how":"password","password":"` + wrong + `"}`}, refusing.token(access.Operator))
	if answer.StatusCode != http.StatusConflict || !strings.Contains(text, "password.refused") || strings.Contains(text, wrong) {
		t.Errorf("where it may not be: %d %s", answer.StatusCode, text)
	}
}
