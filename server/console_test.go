package server_test

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyturn/config"
	"keyturn/problem"
	"keyturn/server"
	"keyturn/server/access"
	"keyturn/server/api"
	"keyturn/server/board"
	"keyturn/server/command"
	"keyturn/server/feed"
	"keyturn/server/guest"
	"keyturn/server/web"
	"keyturn/store/sqlite"
	"keyturn/target"
)

// building is a console over a store of its own, served until the test ends.
type building struct {
	t       *testing.T
	store   *sqlite.Store
	console *server.Console
	feed    *feed.Feed
	api     *api.API
	engine  *engine
	passes  *passes
	address string
}

// build serves a console; change, if not nil, alters it first.
func build(t *testing.T, change func(*server.Console)) *building {
	t.Helper()
	kept, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keyturn.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	b := &building{t: t, store: kept, feed: feed.New(kept, 10*time.Millisecond, log), address: "http://" + listener.Addr().String()}
	shown := board.New(board.Options{
		Store: kept, Settings: config.Config{Applications: []config.Application{{Name: "portal", ClientID: "c"}}}, Now: time.Now, Duty: "look",
		Places: func(config.Application) []target.Place { return nil }, Feed: b.feed, Log: log,
	})
	site, err := url.Parse(b.address)
	if err != nil {
		t.Fatal(err)
	}
	b.passes, b.engine = &passes{Store: kept}, &engine{store: kept}
	keeper, commands := &access.Keeper{Passes: b.passes, Now: time.Now}, command.Desk{Engine: b.engine, Runs: kept}
	room := &guest.Room{Opener: &desk{}, Now: time.Now}
	b.api, err = api.New(api.Parts{Board: shown, Commands: commands, Feed: b.feed, Store: kept, Keeper: keeper, Room: room, Settings: api.Settings{Store: "file", SignIn: "link"}})
	if err != nil {
		t.Fatal(err)
	}
	pages := web.Pages{Board: shown, Commands: commands, Document: b.api.Document(), About: func(context.Context) (web.About, error) { return web.About{Release: "test"}, nil }, Room: room, Tokens: keeper}
	b.console = &server.Console{
		Keeper: keeper, Site: server.Site{Address: site}, Room: room, Routes: append(pages.Routes(), b.api.Routes()...), Refuse: pages.Refuse, Log: log,
	}
	if change != nil {
		change(b.console)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 3)
	go func() { b.feed.Run(ctx); ended <- nil }()
	go func() { shown.Follow(ctx); ended <- nil }()
	go func() { ended <- server.Serve(ctx, listener, nil, server.New(server.Health{}, b.console), log) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		b.console.Room.Empty()
		for range cap(ended) {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// someone in a role, as a provider would tell of them.
func someone(role access.Role) access.Person {
	return access.Person{Name: "Ada " + role.String(), Subject: "issuer|ada-" + role.String(), Role: role, Method: access.ByProvider}
}

// browser is a client that keeps cookies and follows nothing; with a role it has signed in.
func (b *building) browser(role access.Role) *http.Client {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if role != access.Nobody {
		shown, _, err := b.console.Keeper.SignIn(b.t.Context(), someone(role))
		if err != nil {
			b.t.Fatal(err)
		}
		jar.SetCookies(b.console.Site.Address, []*http.Cookie{{Name: b.console.Site.Cookie(), Value: shown.Reveal()}})
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// ask sends one request, and returns the answer with its body read.
func (b *building) ask(client *http.Client, method, path string, change func(*http.Request)) (*http.Response, string) {
	b.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = b.address + path
	}
	request, err := http.NewRequestWithContext(b.t.Context(), method, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		change(request)
	}
	answer, err := client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, string(text)
}

// link gives out a one-time link of a role.
func (b *building) link(role access.Role) string {
	b.t.Helper()
	shown, err := b.console.Keeper.Link(b.t.Context(), someone(role))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.console.Site.Link(shown)
}

func TestALinkLetsInOnce(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	link, first, second := b.link(access.Admin), b.browser(access.Nobody), b.browser(access.Nobody)
	if answer, _ := b.ask(first, "GET", link, func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch") }); answer.StatusCode != 503 {
		t.Errorf("a browser that guesses got %d", answer.StatusCode)
	}
	if answer, _ := b.ask(first, "GET", link, nil); answer.StatusCode != 303 || answer.Header.Get("Location") != "/" {
		t.Fatalf("the link answered %d", answer.StatusCode)
	}
	if answer, text := b.ask(first, "GET", "/", nil); answer.StatusCode != 200 || !strings.Contains(text, "not looked at yet") {
		t.Errorf("after signing in: %d %s", answer.StatusCode, text)
	}
	if answer, text := b.ask(second, "GET", link, nil); answer.StatusCode != 401 || !strings.Contains(text, "has been used") || len(answer.Cookies()) > 0 {
		t.Errorf("a replayed link: %d %s", answer.StatusCode, text)
	}
	if answer, _ := b.ask(second, "GET", "/", nil); answer.StatusCode != 401 {
		t.Errorf("after a replayed link the page answers %d", answer.StatusCode)
	}
	kept, _ := b.ask(first, "GET", "/", nil)
	sent := kept.Request.Header.Get("Cookie")
	if answer, _ := b.ask(first, "POST", "/sign-out", nil); answer.StatusCode != 303 {
		t.Errorf("signing out answered %d", answer.StatusCode)
	}
	if answer, _ := b.ask(second, "GET", "/", func(r *http.Request) { r.Header.Set("Cookie", sent) }); answer.StatusCode != 401 {
		t.Errorf("a session that was signed out still gets %d", answer.StatusCode)
	}
}

func TestPassesEnd(t *testing.T) {
	t.Parallel()
	var b *building
	later := time.Duration(0)
	b = build(t, func(c *server.Console) { c.Keeper.Now = func() time.Time { return time.Now().Add(later) } })
	link, browser := b.link(access.Admin), b.browser(access.Viewer)
	if answer, _ := b.ask(browser, "GET", "/", nil); answer.StatusCode != 200 {
		t.Fatalf("a fresh session gets %d", answer.StatusCode)
	}
	later = access.LinkLife + time.Second
	if answer, _ := b.ask(b.browser(access.Nobody), "GET", link, nil); answer.StatusCode != 401 {
		t.Errorf("a link that has ended gets %d", answer.StatusCode)
	}
	later = access.SessionLife + time.Second
	if answer, _ := b.ask(browser, "GET", "/", nil); answer.StatusCode != 401 {
		t.Errorf("a session that has ended gets %d", answer.StatusCode)
	}
}

func TestRequestsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	browser := b.browser(access.Admin)
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"a form of another site":            {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"a form of a neighbour":             {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		"an old browser, from another site": {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		"a name made to point here":         {func(r *http.Request) { r.Host = "evil.example" }, 421},
		"the console's own form":            {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") }, 303},
	} {
		answer, _ := b.ask(browser, "POST", "/sign-out", c.change)
		if answer.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, answer.StatusCode, c.status)
		}
		if answer.StatusCode == 303 {
			browser = b.browser(access.Admin)
		}
	}
}

func TestTryingToSignInIsCounted(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	for range 25 { // of many people behind one address, each who comes in makes room for the next
		if answer, _ := b.ask(b.browser(access.Nobody), "GET", b.link(access.Admin), nil); answer.StatusCode != 303 {
			t.Fatalf("somebody with a link gets %d", answer.StatusCode)
		}
	}
	browser, link := b.browser(access.Nobody), b.link(access.Admin)
	for range 10 {
		if answer, _ := b.ask(browser, "GET", "/sign-in?link=guess", nil); answer.StatusCode != 401 {
			t.Fatalf("a guess gets %d", answer.StatusCode)
		}
	}
	if answer, _ := b.ask(browser, "GET", link, nil); answer.StatusCode != 429 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("one try too many gets %d", answer.StatusCode)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	for _, path := range []string{"/", "/sign-in", "/nothing", "/healthy"} {
		answer, text := b.ask(b.browser(access.Nobody), "GET", path, nil)
		for header, part := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		} {
			if !strings.Contains(answer.Header.Get(header), part) {
				t.Errorf("%s: %s is %q", path, header, answer.Header.Get(header))
			}
		}
		if strings.Contains(text, "<script>") || strings.Contains(text, " style=") || strings.Contains(text, " onclick=") {
			t.Errorf("%s has script or style that the rules forbid", path)
		}
	}
}

func TestWhatIsNotThereToBeDone(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	for name, c := range map[string]struct {
		method, path string
		status       int
		allow        string
	}{
		"no such page":                 {"GET", "/nothing", 404, ""},
		"a list can't be put":          {"PUT", "/applications", 405, "GET, HEAD"},
		"a run is begun, not deleted":  {"DELETE", "/api/v1/runs", 405, "GET, HEAD, POST"},
		"a command is only given":      {"GET", "/runs/none/abort", 405, "POST"},
		"nothing of the API is called": {"POST", "/api/v1/nothing", 404, ""},
	} {
		answer, _ := b.ask(b.browser(access.Viewer), c.method, c.path, nil)
		if answer.StatusCode != c.status || answer.Header.Get("Allow") != c.allow {
			t.Errorf("%s: %d, allowed %q", name, answer.StatusCode, answer.Header.Get("Allow"))
		}
		if answer, _ := b.ask(b.browser(access.Nobody), c.method, c.path, nil); answer.StatusCode != 401 {
			t.Errorf("%s, and nobody asks: %d", name, answer.StatusCode)
		}
	}
}

func TestATokenIsRevokedOnItsPage(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	shown, token, err := b.console.Keeper.NewToken(t.Context(), access.Order{Name: "pipeline", Role: access.Operator, Life: time.Hour}, someone(access.Admin))
	if err != nil {
		t.Fatal(err)
	}
	admin, revoke := b.browser(access.Admin), "/about/tokens/"+token.ID+"/revoke"
	if answer, text := b.ask(admin, "GET", "/about/tokens", nil); answer.StatusCode != 200 || !strings.Contains(text, "pipeline") || !strings.Contains(text, revoke) || strings.Contains(text, shown.Reveal()) {
		t.Errorf("the list: %d %s", answer.StatusCode, text)
	}
	for _, status := range []int{303, 404} {
		if answer, _ := b.ask(admin, "POST", revoke, nil); answer.StatusCode != status {
			t.Errorf("revoking it gets %d, want %d", answer.StatusCode, status)
		}
	}
	if caller, err := b.console.Keeper.Caller(t.Context(), shown.Reveal()); err != nil || caller.Role != access.Nobody {
		t.Errorf("it lets in %v: %v", caller, err)
	}
	if _, text := b.ask(admin, "GET", "/about/tokens", nil); !strings.Contains(text, ">revoked<") || strings.Contains(text, revoke) {
		t.Errorf("afterwards: %s", text)
	}
}

func TestATokenIsNeverMoreThanItsMaker(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	keeper := b.console.Keeper
	for name, c := range map[string]struct {
		order access.Order
		maker access.Role
		code  string
	}{
		"a lesser role":     {access.Order{Name: "ci", Role: access.Viewer, Life: time.Hour}, access.Operator, ""},
		"a greater role":    {access.Order{Name: "ci", Role: access.Admin, Life: time.Hour}, access.Operator, "role.insufficient"},
		"without a name":    {access.Order{Role: access.Viewer, Life: time.Hour}, access.Admin, "token.invalid"},
		"without an end":    {access.Order{Name: "ci", Role: access.Viewer}, access.Admin, "token.invalid"},
		"for ever":          {access.Order{Name: "ci", Role: access.Viewer, Life: 2 * access.LongestToken}, access.Admin, "token.invalid"},
		"for nobody's role": {access.Order{Name: "ci", Life: time.Hour}, access.Admin, "role.insufficient"},
	} {
		shown, token, err := keeper.NewToken(t.Context(), c.order, someone(c.maker))
		if c.code != "" {
			if !problem.Is(err, c.code) {
				t.Errorf("%s: %v, want %s", name, err, c.code)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		caller, err := keeper.Caller(t.Context(), shown.Reveal())
		if err != nil || caller.Role != c.order.Role || caller.Subject != someone(c.maker).Subject {
			t.Errorf("%s: it lets in %+v: %v", name, caller, err)
		}
		if visitor, err := keeper.Visitor(t.Context(), shown.Reveal()); err != nil || visitor.Role != access.Nobody {
			t.Errorf("%s: a token passes for a session: %+v %v", name, visitor, err)
		}
		if err := keeper.Revoke(t.Context(), token.ID); err != nil {
			t.Error(err)
		}
		if caller, _ := keeper.Caller(t.Context(), shown.Reveal()); caller.Role != access.Nobody {
			t.Errorf("%s: it lets in after it was revoked", name)
		}
		if err := keeper.Revoke(t.Context(), token.ID); !problem.Is(err, "token.unknown") {
			t.Errorf("%s: revoked twice: %v", name, err)
		}
	}
}

// send makes one request of the API; of a stream the first event is read.
func (b *building) send(method string, try request, token string) (*http.Response, string) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	defer cancel()
	sent, err := http.NewRequestWithContext(ctx, strings.ToUpper(method), b.address+try.path, strings.NewReader(try.body))
	if err != nil {
		b.t.Fatal(err)
	}
	for name, value := range map[string]string{"If-Match": try.tag, "If-None-Match": try.seen} {
		if value != "" {
			sent.Header.Set(name, value)
		}
	}
	if token != "" {
		sent.Header.Set("Authorization", "Bearer "+token)
	}
	if try.body != "" {
		sent.Header.Set("Content-Type", cmp.Or(try.media, "application/json"))
	}
	answer, err := http.DefaultClient.Do(sent)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Header.Get("Content-Type") == "text/event-stream" {
		lines := bufio.NewScanner(answer.Body)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data: ") {
				return answer, lines.Text()
			}
		}
		b.t.Fatal("the stream ended")
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, string(text)
}
