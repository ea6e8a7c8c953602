package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// longestSignIn is more than any answer to a sign-in has, in bytes.
const longestSignIn = 1 << 20

const fixBetween = "it may pass by itself; if it doesn't, a proxy or guest network answers in Microsoft's place: see in a browser what it wants"

var errStrange = errors.New("no answer of a sign-in service")

// whole reads a sign-in's good answer to its end, and makes a broken connection of one that breaks off or says nothing of what
// was asked, as of a guest network in between. The sign-in library would call either a refused sign-in, which needs a person.
func whole(r *http.Request, answer *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(io.LimitReader(answer.Body, longestSignIn))
	_ = answer.Body.Close() // nothing more is wanted of it
	if err != nil {
		return nil, &url.Error{Op: r.Method, URL: r.URL.String(), Err: err}
	}
	if !answers(r.URL.Path, body) {
		found := between("the answer of " + r.URL.Hostname() + " can't be read")
		found.Err = errStrange
		return nil, found
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// answers reports whether a good answer has what each of its kind has. Other kinds are left to who asked.
func answers(path string, body []byte) bool {
	var says struct {
		Issuer string          `json:"issuer"`
		Token  string          `json:"access_token"`
		Code   string          `json:"device_code"`
		Error  json.RawMessage `json:"error"`
	}
	known := json.Unmarshal(body, &says) == nil
	switch {
	case strings.HasSuffix(path, discoveryPath):
		return known && says.Issuer != ""
	case strings.Contains(path, "/oauth2/"):
		return known && (says.Token != "" || says.Code != "" || len(says.Error) > 0)
	}
	return true
}
