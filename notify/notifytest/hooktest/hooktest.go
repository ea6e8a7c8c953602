// Package hooktest is a receiver of webhooks for tests, written from the Standard Webhooks specification alone: it checks
// signature and time, keeps what is good, and refuses what isn't. It shares no code with the sender. Only tests import it.
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (read 2026-11-25).
package hooktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Secret is what the receiver checks signatures by, as it is handed out.
const Secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfgh3LkV8Q="

// Path is where the receiver listens; it is a secret, too.
const Path = "/hooks/token-which-nobody-may-see"

// Post is one notice as it came.
type Post struct {
	ID   string
	Body struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      struct {
			Subject string    `json:"subject"`
			Code    string    `json:"code"`
			App     string    `json:"app"`
			Run     string    `json:"run"`
			Title   string    `json:"title"`
			Text    string    `json:"text"`
			Fix     string    `json:"fix"`
			By      time.Time `json:"by"`
		} `json:"data"`
	}
	Raw string // head and body
}

// Receiver is a receiver at work.
type Receiver struct {
	*httptest.Server
	mu      sync.Mutex
	secret  string
	taken   []Post
	refused []string // why
	status  int      // 0 = as it should be
	head    http.Header
	hang    bool
	came    chan Post
	ended   chan struct{}
	end     func()
}

// Start starts a receiver until the test ends.
func Start(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{secret: Secret, came: make(chan Post, 100), ended: make(chan struct{})}
	r.end = sync.OnceFunc(func() { close(r.ended) })
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Vanish)
	return r
}

// Address is where it wants to be posted to.
func (r *Receiver) Address() string { return r.URL + Path }

// Vanish ends it at once.
func (r *Receiver) Vanish() {
	r.end()
	r.CloseClientConnections()
	r.Close()
}

// Know makes it check signatures by another secret.
func (r *Receiver) Know(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}

// Say makes it answer with a status and a header, whatever comes; 0 = as it should be.
func (r *Receiver) Say(status int, head http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.head = status, head
}

// Hold makes it take posts and never answer; each comes out of the returned channel instead.
func (r *Receiver) Hold() <-chan Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hang = true
	return r.came
}

// Answer makes it answer again.
func (r *Receiver) Answer() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hang = false
}

// Taken returns the posts that it took, in order, doubles included.
func (r *Receiver) Taken() []Post {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Post(nil), r.taken...)
}

// Refused returns why posts were refused.
func (r *Receiver) Refused() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.refused...)
}

// ServeHTTP implements [http.Handler].
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	r.mu.Lock()
	status, head, hang, secret := r.status, r.head, r.hang, r.secret
	r.mu.Unlock()
	if status != 0 {
		for name, values := range head {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write(append([]byte("as you said: "), body...))
		return
	}
	post, why := check(request, body, secret)
	if why != "" {
		r.mu.Lock()
		r.refused = append(r.refused, why)
		r.mu.Unlock()
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if hang {
		r.came <- post
		<-r.ended
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = append(r.taken, post)
	w.WriteHeader(http.StatusNoContent)
}

// check reads a post as the specification tells a receiver to; why is "" for a good one.
func check(request *http.Request, body []byte, secret string) (post Post, why string) {
	id, stamp := request.Header.Get("webhook-id"), request.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	switch {
	case request.Method != http.MethodPost || request.URL.Path != Path:
		return post, request.Method + " " + request.URL.Path
	case id == "" || strings.Contains(id, "."):
		return post, "no id, or one with a full stop"
	case err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute:
		return post, "the time is missing or too far away"
	}
	if !isSigned(request.Header.Get("webhook-signature"), id+"."+stamp+"."+string(body), secret) {
		return post, "the signature is wrong"
	}
	post.ID, post.Raw = id, headOf(request)+"\r\n"+string(body)
	if err := json.Unmarshal(body, &post.Body); err != nil || request.Header.Get("Content-Type") != "application/json" {
		return post, "it isn't JSON"
	}
	return post, ""
}

// isSigned reports whether one of the signatures is that of content.
func isSigned(signatures, content, secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(content))
	want := mac.Sum(nil)
	for _, each := range strings.Split(signatures, " ") {
		version, text, _ := strings.Cut(each, ",")
		if given, err := base64.StdEncoding.DecodeString(text); err == nil && version == "v1" && hmac.Equal(given, want) {
			return true
		}
	}
	return false
}

func headOf(request *http.Request) string {
	var text strings.Builder
	_ = request.Header.Write(&text) // into memory
	return text.String()
}
