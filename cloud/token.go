package cloud

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/problem"
)

// early is how long before its end a token is replaced, so that none ends on its way.
const early = 5 * time.Minute

// tokens is the identity's sign-in with one token kept for each scope. Its clock is the cloud's: a token that the cloud
// takes for ended is never sent, whatever the local clock says.
type tokens struct {
	choice *choice
	now    func() time.Time
	local  func() time.Time

	mu    sync.Mutex
	lanes map[string]*lane
}

// lane is the sign-in for one scope. Lanes don't wait for each other, so that one renewal's sign-ins go side by side.
type lane struct {
	mu     sync.Mutex
	token  azcore.AccessToken
	got    time.Time // both by the cloud's clock
	until  time.Time
	opened azcore.TokenCredential
}

func newTokens(o Options, hosts Hosts, carrier policy.Transporter, now func() time.Time) (*tokens, error) {
	choice, err := newChoice(o, hosts, carrier)
	if err != nil {
		return nil, err
	}
	return &tokens{choice: choice, now: now, local: o.Now, lanes: map[string]*lane{}}, nil
}

// GetToken returns a token for the scope, a kept one where there is one. Every error is a problem.
func (t *tokens) GetToken(ctx context.Context, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	l := t.lane(want)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := t.now()
	if l.token.Token != "" && now.Before(l.until.Add(-early)) {
		return l.token, nil
	}
	if l.token.Token != "" && t.local().Before(l.token.ExpiresOn) {
		// The credential's own memory goes by the local clock and would give the same token again.
		l.opened = nil
	}
	return t.fetch(ctx, l, want)
}

func (t *tokens) fetch(ctx context.Context, l *lane, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, noted := withFailure(ctx)
	who, token, err := t.choice.make(ctx, want)
	if err == nil && token.Token == "" {
		token, err = who.token(ctx, l, want)
	}
	if err != nil {
		return azcore.AccessToken{}, t.explain(noted.cause(ctx, err), who)
	}
	l.token, l.got = token, t.now()
	l.until = l.got.Add(token.ExpiresOn.Sub(t.local()))
	return token, nil
}

// explain says what a failed sign-in means: to a person in a person's words. What was to be sent with the token wasn't.
func (t *tokens) explain(err error, who *identity) error {
	var told problem.Error
	if who != nil && who.way() != "" {
		told = *problem.Of(classifyPerson(err, "sign-in to tenant "+t.choice.tenant(), who.way()))
	} else {
		told = *problem.Of(Classify(err, "sign-in of Keyturn to tenant "+t.choice.tenant()))
	}
	told.Doubtful = false
	return &told
}

// drop forgets a token that a service refused, so that the next request signs in anew. Rights are written into a token
// when it is issued; after a fresh grant only a new one shows it. A token got less than atLeast ago is kept: a newer one
// would say the same. It reports whether the token was dropped.
func (t *tokens) drop(scope, token string, atLeast time.Duration) bool {
	l := t.lane(policy.TokenRequestOptions{Scopes: []string{scope}})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.token.Token != token || t.now().Sub(l.got) < atLeast {
		return l.token.Token != token
	}
	l.token, l.opened = azcore.AccessToken{}, nil
	return true
}

func (t *tokens) lane(want policy.TokenRequestOptions) *lane {
	// The tenant isn't part of the key: a vault's challenge names it and others don't, yet it is always the session's.
	key := strings.Join(append([]string{want.Claims}, want.Scopes...), " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lanes[key] == nil {
		t.lanes[key] = &lane{}
	}
	return t.lanes[key]
}
