//go:build unix

package story_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programme is somebody who uses the API of a daemon, with a token of a role.
type programme struct {
	d     *daemon
	token string
}

func (d *daemon) programme(role string) programme {
	d.m.t.Helper()
	// Only the token goes to stdout. It is no secret of the cloud's, and never in a file of the machine's but this one.
	return programme{d, strings.TrimSpace(d.m.want(0, "token", "create", role, "--role", role).stdout)}
}

// send makes one request and keeps what came back where secrets are looked for.
func (p programme) send(method, path, body, tag string, into any) (status int, etag string) {
	p.d.m.t.Helper()
	request, err := http.NewRequestWithContext(p.d.m.t.Context(), method, p.d.url+path, strings.NewReader(body))
	if err != nil {
		p.d.m.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if tag != "" {
		request.Header.Set("If-Match", tag)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.d.m.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.d.m.t.Fatal(err)
	}
	p.d.m.keep([]string{method, path}, string(text))
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			p.d.m.t.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
	return answer.StatusCode, answer.Header.Get("ETag")
}

// listens hears of events until the test ends, and keeps them.
func (p programme) listens() (heard func(kind string) bool) {
	p.d.m.t.Helper()
	ctx, cancel := context.WithCancel(p.d.m.t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.d.url+"/api/v1/events?after=0", nil)
	if err != nil {
		p.d.m.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.d.m.t.Fatal(err)
	}
	var mu sync.Mutex
	var text strings.Builder
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			mu.Lock()
			text.WriteString(lines.Text() + "\n")
			mu.Unlock()
		}
	}()
	p.d.m.t.Cleanup(func() { cancel(); _ = answer.Body.Close(); <-done })
	return func(kind string) bool {
		mu.Lock()
		defer mu.Unlock()
		p.d.m.keep([]string{"events"}, text.String())
		return strings.Contains(text.String(), `"event":"`+kind+`"`)
	}
}

// oneRun is what a story reads of a renewal at the API.
type oneRun struct {
	ID      string
	State   string
	Door    string
	Outcome string
	Order   struct{ AskedBy string }
	Code    string // of a refusal
}

// TestTheConsoleRenews drives a daemon by its API alone: one renewal is aborted, another is started after its plan was
// shown, approved by somebody else, and watched to its end. Consumers never fail, and no answer holds a secret.
func TestTheConsoleRenews(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--gentle")
	m := newMachine(t, cloud, append(looksOften, "settle: { successes: 5, over: 0s }", "settle: { successes: 5, over: 0s }\n  approval: { deliver: true }")...)
	before := cloud.state()
	d := m.serve()
	d.until("an answer", 0, func() bool { status, _ := d.ask("/healthz"); return status == 200 })
	operator, approver := d.programme("operator"), d.programme("approver")
	heard := operator.listens()

	var waiting struct{ Items []oneRun }
	d.until("a run that waits for a person", 0, func() bool {
		operator.send("GET", "/api/v1/runs?waiting=true", "", "", &waiting)
		return len(waiting.Items) == 1
	})
	first := waiting.Items[0].ID
	_, tag := operator.send("GET", "/api/v1/runs/"+first, "", "", nil)
	if status, _ := operator.send("POST", "/api/v1/runs/"+first+"/approve", "", tag, nil); status != http.StatusForbidden {
		t.Errorf("an operator approves: %d", status)
	}
	var aborted oneRun
	if status, _ := operator.send("POST", "/api/v1/runs/"+first+"/abort", "", "*", &aborted); status != http.StatusOK || aborted.State != "aborted" {
		t.Fatalf("abort: %d %+v", status, aborted)
	}

	var plan struct {
		Digest  string
		Effects []any
	}
	if status, _ := operator.send("POST", "/api/v1/applications/"+app+"/plan", "", "", &plan); status != http.StatusOK || len(plan.Effects) == 0 {
		t.Fatalf("plan: %d %+v", status, plan)
	}
	if status, _ := operator.send("POST", "/api/v1/runs", `{"app":"`+app+`","plan":"another"}`, "", nil); status != http.StatusConflict {
		t.Errorf("another plan than was shown: %d", status)
	}
	var run, same oneRun
	if status, _ := operator.send("POST", "/api/v1/runs", `{"app":"`+app+`","plan":"`+plan.Digest+`"}`, "", &run); status != http.StatusCreated || run.Order.AskedBy == "" {
		t.Fatalf("start: %d %+v", status, run)
	}
	if status, _ := operator.send("POST", "/api/v1/runs", `{"app":"`+app+`"}`, "", &same); status != http.StatusOK || same.ID != run.ID {
		t.Errorf("start again: %d %s, want %s", status, same.ID, run.ID)
	}
	stands := func(door string) func() bool {
		return func() bool {
			var detail struct{ Run oneRun }
			_, tag = approver.send("GET", "/api/v1/runs/"+run.ID, "", "", &detail)
			return detail.Run.Door == door || detail.Run.State == "done"
		}
	}
	d.until("its question", 0, stands("person"))
	var refusal oneRun
	if status, _ := approver.send("POST", "/api/v1/runs/"+run.ID+"/approve", "", tag, &refusal); status != http.StatusForbidden || refusal.Code != "approve.own" {
		t.Errorf("the same person approves with another token: %d %+v", status, refusal)
	}
	m.env = append(m.env, "USER=eve") // tokens are made in the name of whoever makes them
	other := d.programme("approver")
	if status, _ := other.send("POST", "/api/v1/runs/"+run.ID+"/approve", "", `"1"`, nil); status != http.StatusPreconditionFailed {
		t.Errorf("a word for an older version: %d", status)
	}
	if status, _ := other.send("POST", "/api/v1/runs/"+run.ID+"/approve", "", tag, nil); status != http.StatusOK {
		t.Errorf("somebody else approves: %d", status)
	}
	d.until("the overlap", 0, m.stateIs("overlapping"))
	d.until("the end", 12*time.Hour, m.stateIs("done"))
	d.until("news of the end", 0, func() bool { return heard("done") && heard("approved") && heard("aborted") })
	for _, path := range []string{"overview", "applications", "applications/" + app, "credentials", "targets", "runs", "runs/" + run.ID, "audit", "settings", "findings", "me"} {
		if status, _ := operator.send("GET", "/api/v1/"+path, "", "", nil); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	var chain struct{ OK bool }
	if operator.send("GET", "/api/v1/applications/"+app+"/audit-chain", "", "", &chain); !chain.OK {
		t.Error("the audit log doesn't hold together")
	}
	if err := d.end(syscall.SIGTERM); err != nil {
		t.Errorf("the daemon ended with %v:\n%s", err, tail(d.said.String()))
	}
	cloud.advance(14 * day)
	assertRenewed(t, before, cloud.state(), expectation{})
	assertNoSecretLeft(t, m)
}
