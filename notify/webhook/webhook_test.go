package webhook

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/notify/notifytest"
	"keyturn/notify/notifytest/hooktest"
	"keyturn/problem"
	"keyturn/secret"
)

func made(t *testing.T, c Config) *Webhook {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w, err := New(c, Parts{Client: client, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func config(r *hooktest.Receiver) Config {
	return Config{URL: secret.New(r.Address()), Secret: secret.New(hooktest.Secret)}
}

func TestExercise(t *testing.T) {
	t.Parallel()
	notifytest.Exercise(t, func(t *testing.T) notifytest.Bench {
		r := hooktest.Start(t)
		return notifytest.Bench{
			Notifier: made(t, config(r)), Secrets: []string{hooktest.Secret, hooktest.Path, strings.TrimPrefix(hooktest.Secret, "whsec_")},
			Received: func() (list []notifytest.Received) {
				for _, post := range r.Taken() {
					text, err := json.Marshal(post.Body)
					if err != nil {
						t.Fatal(err)
					}
					list = append(list, notifytest.Received{ID: post.ID, Text: string(text), Raw: post.Raw})
				}
				return list
			},
			Refuse: func(refuse bool) {
				r.Say(map[bool]int{true: http.StatusForbidden}[refuse], nil)
			},
			Hang:   func() { r.Hold() },
			Vanish: r.Vanish,
		}
	})
}

func TestDescribes(t *testing.T) { t.Parallel(); notifytest.Describes(t, Descriptor()) }

func TestWhatIsPosted(t *testing.T) {
	t.Parallel()
	r := hooktest.Start(t)
	n := notifytest.Sample()
	if err := made(t, config(r)).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	post := r.Taken()[0]
	got := post.Body
	if post.ID != n.ID || got.Type != "keyturn.attention" || !got.Timestamp.Equal(n.At) || got.Data.Subject != n.Subject ||
		got.Data.Title != n.Title || got.Data.Text != n.Text || !got.Data.By.Equal(n.By) || got.Data.Run != n.Run {
		t.Errorf("posted %+v", post)
	}
}

func TestReceiversMayChangeFromOneSecretToTheOther(t *testing.T) {
	t.Parallel()
	const former = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	r := hooktest.Start(t)
	c := config(r)
	c.FormerSecret = secret.New(former)
	w := made(t, c)
	for _, known := range []string{hooktest.Secret, former} {
		r.Know(known)
		if err := w.Send(t.Context(), notifytest.Sample()); err != nil {
			t.Errorf("%v; refused because %q", err, r.Refused())
		}
	}
	r.Know("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	if err := w.Send(t.Context(), notifytest.Sample()); !problem.Is(err, "webhook.refused") {
		t.Errorf("a receiver with a third secret took it: %v", err)
	}
}

func TestAnswersAreJudgedByTheirStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		head   http.Header
		class  problem.Class
		after  time.Duration
	}{
		"moved":                  {http.StatusFound, http.Header{"Location": {"/elsewhere"}}, problem.Person, 0},
		"gone":                   {http.StatusGone, nil, problem.Person, 0},
		"failing":                {http.StatusBadGateway, nil, problem.Retry, 0},
		"too many":               {http.StatusTooManyRequests, http.Header{"Retry-After": {"120"}}, problem.Retry, 2 * time.Minute},
		"a pause that isn't one": {http.StatusServiceUnavailable, http.Header{"Retry-After": {"soon"}}, problem.Retry, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := hooktest.Start(t)
			r.Say(c.status, c.head)
			err := made(t, config(r)).Send(t.Context(), notifytest.Sample())
			if found := problem.Of(err); err == nil || found.Code != "webhook.refused" || found.Class != c.class || found.After != c.after {
				t.Errorf("%+v", err)
			}
		})
	}
}

func TestSettingsThatCannotBeMeant(t *testing.T) {
	t.Parallel()
	good := Config{URL: secret.New("https://hooks.contoso.com/x"), Secret: secret.New(hooktest.Secret)}
	for name, change := range map[string]func(*Config){
		"an address without protection": func(c *Config) { c.URL = secret.New("http://hooks.contoso.com/x") },
		"no address":                    func(c *Config) { c.URL = secret.New("hooks") },
		"no secret":                     func(c *Config) { c.Secret = secret.Value{} },
		"a secret of another kind":      func(c *Config) { c.Secret = secret.New("abc") },
		"a secret that isn't base64":    func(c *Config) { c.Secret = secret.New("whsec_%%%") },
		"a secret that is too short":    func(c *Config) { c.Secret = secret.New("whsec_c2hvcnQ=") },
		"a bad former secret":           func(c *Config) { c.FormerSecret = secret.New("whsec_c2hvcnQ=") },
	} {
		c := good
		change(&c)
		_, err := New(c, Parts{})
		if !problem.Is(err, "webhook.setting") || problem.Of(err).Subject == "" || strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(good, Parts{}); err != nil {
		t.Error(err)
	}
}
