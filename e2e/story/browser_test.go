//go:build unix

package story_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// visitor is a person at a browser: it fills in what a page asks for and sends it, until there is nothing left to fill in.
// Keyturn finds it under the name xdg-open.
type visitor struct {
	Proxy, CAFile         string
	Login, Password, Code string
	Decline               bool   // presses Cancel instead
	UserCode              string // typed into the page for devices
	client                *http.Client
	ended                 string // what the last page said
}

// visitorFile is where xdg-open finds who it is; the password stands in no environment.
const visitorFile = "KEYTURN_TEST_VISITOR"

func runBrowser(args []string) int {
	text, err := os.ReadFile(os.Getenv(visitorFile))
	v := &visitor{}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err == nil {
		err = os.WriteFile(os.Getenv(visitorFile)+".args", []byte(strings.Join(args, "\n")), 0o600)
	}
	if err == nil {
		err = v.walk(args[len(args)-1])
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "the browser:", err) // nobody looks at a browser's own messages
		return 1
	}
	return 0
}

// walk opens an address and goes on until a page has no form.
func (v *visitor) walk(address string) error {
	if err := v.dress(); err != nil {
		return err
	}
	resp, err := v.client.Get(address)
	for steps := 0; err == nil && steps < 12; steps++ {
		var next *http.Request
		if next, err = v.next(resp); err != nil || next == nil {
			return err
		}
		resp, err = v.client.Do(next)
	}
	return errors.Join(err, errors.New("the pages don't end"))
}

func (v *visitor) dress() error {
	pem, err := os.ReadFile(v.CAFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	proxy, err := url.Parse(v.Proxy)
	if err != nil {
		return err
	}
	jar, err := cookiejar.New(nil)
	v.client = &http.Client{Jar: jar, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		Proxy: func(r *http.Request) (*url.URL, error) {
			if r.URL.Hostname() == "localhost" {
				return nil, nil
			}
			return proxy, nil
		},
	}}
	return err
}

var (
	aForm   = regexp.MustCompile(`(?s)<form method="post"(?: action="([^"]*)")?>(.*?)</form>`)
	anInput = regexp.MustCompile(`<input([^>]*)>`)
	aButton = regexp.MustCompile(`<button type="submit" name="([^"]+)" value="([^"]+)">`)
	anAttr  = regexp.MustCompile(`(name|value)="([^"]*)"`)
)

// next is the request that sends the page's form, or nil.
func (v *visitor) next(resp *http.Response) (*http.Request, error) {
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	form := aForm.FindStringSubmatch(string(text))
	if form == nil {
		v.ended = string(text)
		return nil, nil
	}
	values := v.fill(form[2])
	if values.Get("passwd") != "" && strings.Contains(string(text), `role="alert"`) {
		v.ended = string(text) // it didn't take what we know
		return nil, nil
	}
	to, err := resp.Request.URL.Parse(html.UnescapeString(form[1]))
	if err != nil {
		return nil, err
	}
	next, err := http.NewRequest(http.MethodPost, to.String(), strings.NewReader(values.Encode()))
	if err == nil {
		next.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return next, err
}

func (v *visitor) fill(form string) url.Values {
	values := url.Values{}
	for _, input := range anInput.FindAllStringSubmatch(form, -1) {
		attrs := map[string]string{}
		for _, attr := range anAttr.FindAllStringSubmatch(input[1], -1) {
			attrs[attr[1]] = html.UnescapeString(attr[2])
		}
		switch name := attrs["name"]; name {
		case "login":
			values.Set(name, v.Login)
		case "passwd":
			values.Set(name, v.Password)
		case "otc":
			values.Set(name, v.Code)
			if strings.Contains(form, "displayed on your app or device") {
				values.Set(name, v.UserCode)
			}
		case "everyone":
		default:
			values.Set(name, attrs["value"])
		}
	}
	if button := aButton.FindStringSubmatch(form); button != nil {
		values.Set(button[1], button[2])
	}
	if v.Decline && strings.Contains(form, `name="cancel"`) {
		values.Set("cancel", "1")
	}
	return values
}

// sit gives a machine a browser with a person at it.
func (m *machine) sit(v visitor) {
	m.t.Helper()
	v.Proxy, v.CAFile = m.cloud.URL, filepath.Join(m.cloud.Dir, "ca.pem")
	text, err := json.Marshal(v)
	if err != nil {
		m.t.Fatal(err)
	}
	dir := m.t.TempDir() // not the machine's: there, secrets are looked for
	file := filepath.Join(dir, "visitor.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		m.t.Fatal(err)
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "xdg-open"))
	}
	if err != nil {
		m.t.Fatal(err)
	}
	m.env = append(m.env, "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), visitorFile+"="+file)
}

// people returns the passwords of the sample's people by the name before the @.
func (c *cloud) people() map[string]visitor {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, "people.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // most samples have nobody
		c.t.Fatal(err)
	}
	people := map[string]visitor{}
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) == 2 && strings.Contains(fields[0], "@") {
			name, _, _ := strings.Cut(fields[0], "@")
			people[name] = visitor{Login: fields[0], Password: fields[1], Code: factorCode}
		}
	}
	return people
}

// factorCode is what every authenticator app of the simulated cloud shows.
const factorCode = "246810"

// needsABrowser is false where no program called xdg-open is looked for.
func needsABrowser(t *testing.T) {
	t.Helper()
	if filepath.Separator != '/' {
		t.Skip("a browser is opened another way here; the sign-in itself is tested in package cloud")
	}
}
