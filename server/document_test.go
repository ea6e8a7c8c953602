package server_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"keyturn/problem"
	"keyturn/server/access"
)

// contract is the API's document, read by those who check it.
type contract struct {
	t          *testing.T
	paths      map[string]map[string]described
	compiler   *jsonschema.Compiler
	unanswered map[string]bool // operation and status, until an answer was seen
}

// described is one operation of the document.
type described struct {
	ID        string `json:"operationId"`
	Responses map[string]struct {
		Content map[string]any `json:"content"`
	} `json:"responses"`
}

func readContract(t *testing.T, text []byte) *contract {
	t.Helper()
	whole, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if whole.OpenAPI != "3.1.0" || whole.Components == nil {
		t.Fatalf("it is OpenAPI %s", whole.OpenAPI)
	}
	var document struct {
		Paths map[string]map[string]described `json:"paths"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{t: t, paths: document.Paths, compiler: jsonschema.NewCompiler(), unanswered: map[string]bool{}}
	c.compiler.DefaultDraft(jsonschema.Draft2020) // which is what OpenAPI 3.1 speaks
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource("https://keyturn.test/openapi.json", resource); err != nil {
		t.Fatal(err)
	}
	for _, methods := range c.paths {
		for _, o := range methods {
			for status := range o.Responses {
				c.unanswered[o.ID+" "+status] = true
			}
		}
	}
	return c
}

// check holds an answer against what the document says of it.
func (c *contract) check(path, method string, answer *http.Response, text string) {
	c.t.Helper()
	o := c.paths[path][strings.ToLower(method)]
	status := fmt.Sprint(answer.StatusCode)
	said, documented := o.Responses[status]
	if !documented {
		c.t.Errorf("%s answers %s, which isn't documented: %s", o.ID, status, text)
		return
	}
	delete(c.unanswered, o.ID+" "+status)
	media, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if len(said.Content) == 0 {
		if text != "" {
			c.t.Errorf("%s answers %s with a body", o.ID, status)
		}
		return
	}
	if said.Content[media] == nil {
		c.t.Errorf("%s answers %s as %q, which isn't documented", o.ID, status, media)
		return
	}
	if media == "text/event-stream" {
		_, text, _ = strings.Cut(text, "data: ")
		text, _, _ = strings.Cut(text, "\n")
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	pointer := fmt.Sprintf("/paths/%s/%s/responses/%s/content/%s/schema", escape.Replace(path), strings.ToLower(method), status, escape.Replace(media))
	schema, err := c.compiler.Compile("https://keyturn.test/openapi.json#" + (&url.URL{Path: pointer}).EscapedPath())
	if err != nil {
		c.t.Fatalf("%s %s: %v", o.ID, status, err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		c.t.Errorf("%s %s: %v", o.ID, status, err)
		return
	}
	if err := schema.Validate(value); err != nil {
		c.t.Errorf("%s %s isn't what the document says: %v\n%s", o.ID, status, err, text)
	}
}

// request is one try at an operation.
type request struct {
	path, body string
	media      string // "" = JSON where there is a body
	tag        string // If-Match
	seen       string // If-None-Match
	fails      error  // of the engine
}

// tries are what each operation is asked, by its id and the status that must come of it. Those that every operation
// answers alike (401, 403, 503, 304) are asked of all.
func (b *building) tries(run, other string) map[string]map[int]request {
	long, person := "/"+strings.Repeat("x", 300), problem.NeedsPerson("rights.missing", "portal", "a right is missing", "grant it")
	oversized := `{"app":"` + strings.Repeat("x", 100_000) + `"}`
	ok := func(path string) map[int]request { return map[int]request{200: {path: path}} }
	bad := func(path, wrong string) map[int]request {
		return map[int]request{200: {path: path}, 422: {path: wrong}}
	}
	word := func(path string) map[int]request {
		at := "/api/v1/runs/" + run + path
		return map[int]request{
			200: {path: at, tag: `"1"`}, 412: {path: at, tag: `"7"`}, 428: {path: at},
			404: {path: "/api/v1/runs/none" + path, tag: `"1"`}, 409: {path: at, tag: `"1"`, fails: problem.NeedsPerson("run.held", run, "is being driven", "wait")},
			422: {path: "/api/v1/runs" + long + path, tag: `"1"`},
		}
	}
	body := func(path, good string, more map[int]request) map[int]request {
		more[400], more[413], more[415] = request{path: path, body: "{"}, request{path: path, body: oversized}, request{path: path, body: good, media: "text/csv"}
		return more
	}
	return map[string]map[int]request{
		"getMe": ok("/api/v1/me"), "getOverview": ok("/api/v1/overview"), "listFindings": ok("/api/v1/findings"), "getSettings": ok("/api/v1/settings"),
		"listApplications": bad("/api/v1/applications?standing=unknown&limit=1", "/api/v1/applications?after=%21"),
		"listCredentials":  bad("/api/v1/credentials", "/api/v1/credentials?after=x"),
		"listTargets":      bad("/api/v1/targets", "/api/v1/targets?limit=0"),
		"listNotices":      bad("/api/v1/notices?open=true&state=given%20up", "/api/v1/notices?after=none"),
		"listRuns":         bad("/api/v1/runs?open=true", "/api/v1/runs?open=perhaps"),
		"listAudit":        bad("/api/v1/audit?app=portal", "/api/v1/audit?after=%21"),
		"listTokens":       ok("/api/v1/tokens"),
		"getApplication": {
			200: {path: "/api/v1/applications/portal"}, 404: {path: "/api/v1/applications/none"}, 422: {path: "/api/v1/applications" + long},
		},
		"verifyAudit": {200: {path: "/api/v1/applications/portal/audit-chain"}, 422: {path: "/api/v1/applications" + long + "/audit-chain"}},
		"getRun":      {200: {path: "/api/v1/runs/" + run}, 404: {path: "/api/v1/runs/none"}, 422: {path: "/api/v1/runs" + long}},
		"planRenewal": body("/api/v1/applications/portal/plan", "{}", map[int]request{
			200: {path: "/api/v1/applications/portal/plan", body: "{}"}, 409: {path: "/api/v1/applications/portal/plan", body: "{}", fails: person},
			404: {path: "/api/v1/applications/none/plan", body: "{}", fails: problem.NeedsPerson("app.unknown", "none", "isn't there", "look")},
			422: {path: "/api/v1/applications/portal/plan", body: `{"reuse":"perhaps"}`},
		}),
		"startRun": body("/api/v1/runs", `{"app":"portal"}`, map[int]request{
			200: {path: "/api/v1/runs", body: `{"app":"portal"}`}, 201: {path: "/api/v1/runs", body: `{"app":"` + other + `"}`},
			404: {path: "/api/v1/runs", body: `{"app":"none"}`, fails: problem.NeedsPerson("app.unknown", "none", "isn't there", "look")},
			409: {path: "/api/v1/runs", body: `{"app":"portal"}`, fails: person}, 422: {path: "/api/v1/runs", body: `{"app":"portal","wherever":1}`},
		}),
		"resumeRun": func() map[int]request {
			tries := body("/api/v1/runs/"+run+"/resume", "{}", word("/resume"))
			return tries
		}(),
		"abortRun": word("/abort"), "approveRun": word("/approve"),
		"createToken": body("/api/v1/tokens", `{"name":"ci","role":"viewer"}`, map[int]request{
			201: {path: "/api/v1/tokens", body: `{"name":"ci","role":"operator"}`}, 422: {path: "/api/v1/tokens", body: `{"name":"ci","role":"owner"}`},
		}),
		"getSignIn": ok("/api/v1/sign-in"),
		"beginSignIn": body("/api/v1/sign-in", `{"how":"device"}`, map[int]request{
			200: {path: "/api/v1/sign-in", body: `{"how":"device"}`}, 422: {path: "/api/v1/sign-in", body: `{"how":"pigeon"}`},
			409: {path: "/api/v1/sign-in", body: `{"how":"password"}`},
		}),
		"endSignIn":    {204: {path: "/api/v1/sign-in"}},
		"revokeToken":  {404: {path: "/api/v1/tokens/none"}, 422: {path: "/api/v1/tokens" + long}},
		"followEvents": {200: {path: "/api/v1/events?after=0"}},
	}
}

// Every operation of the document answers as it says, and so does every error that it tells of, judged by a validator
// of JSON Schema that we didn't write.
func TestTheAPIIsWhatItsDocumentSays(t *testing.T) {
	t.Parallel()
	b := build(t, nil)
	run := b.begin("portal")
	_, served := b.ask(b.browser(access.Nobody), "GET", "/openapi.json", nil)
	c := readContract(t, []byte(served))
	tries := b.tries(run.ID, "another")
	admin, stranger := b.token(access.Admin), b.token(access.Nobody)
	for path, methods := range c.paths {
		for method, o := range methods {
			if len(tries[o.ID]) == 0 {
				t.Errorf("%s: say in tries how it is asked", o.ID)
				continue
			}
			any := tries[o.ID][slices.Min(keys(tries[o.ID]))]
			for token, as := range map[string]string{"": "nobody", stranger: "a stranger"} {
				b.try(c, path, method, any, token, as)
			}
			for _, why := range []error{problem.Later("store.busy", "the store", time.Second, errors.New("is busy")), errors.New("is broken")} {
				b.passes.away.Store(&why)
				b.try(c, path, method, any, admin, "while the store is away")
			}
			b.passes.away.Store(nil)
			for status, try := range tries[o.ID] {
				if got := b.try(c, path, method, try, admin, fmt.Sprint("for ", status)); got.StatusCode != status {
					t.Errorf("%s: %s answers %d, want %d", o.ID, try.path, got.StatusCode, status)
				} else if tag := got.Header.Get("ETag"); method == "get" && tag != "" {
					b.again(c, path, try, tag, admin)
				}
			}
		}
	}
	b.revoke(c)
	for missing := range c.unanswered {
		t.Errorf("%s is documented, and nothing here makes it", missing)
	}
}

// again asks for what was just answered, until nothing happened in between.
func (b *building) again(c *contract, path string, try request, tag, token string) {
	b.t.Helper()
	for range 20 {
		try.seen = tag
		answer := b.try(c, path, "get", try, token, "again")
		if answer.StatusCode == http.StatusNotModified {
			return
		}
		tag = answer.Header.Get("ETag")
	}
	b.t.Errorf("%s is never known again", try.path)
}

// revoke ends a token as the document says.
func (b *building) revoke(c *contract) {
	b.t.Helper()
	tokens, err := b.console.Keeper.Tokens(b.t.Context())
	if err != nil || len(tokens) == 0 {
		b.t.Fatal(errors.Join(err, errors.New("there is no token")))
	}
	b.try(c, "/api/v1/tokens/{token}", "delete", request{path: "/api/v1/tokens/" + tokens[0].ID}, b.token(access.Admin), "to end one")
}

// try asks once and holds the answer against the document.
func (b *building) try(c *contract, path, method string, try request, token, why string) *http.Response {
	b.t.Helper()
	b.engine.failing(try.fails)
	defer b.engine.failing(nil)
	answer, text := b.send(method, try, token)
	if answer.StatusCode == http.StatusInternalServerError && b.passes.away.Load() == nil {
		b.t.Errorf("%s %s %s: %d %s", method, try.path, why, answer.StatusCode, text)
	}
	c.check(path, method, answer, text)
	return answer
}

func keys(tries map[int]request) []int {
	var list []int
	for status := range tries {
		list = append(list, status)
	}
	return list
}
