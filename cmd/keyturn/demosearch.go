package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// shortestSecret keeps settings that aren't secret, such as a site's name, out of the search: no value that the simulated
// cloud issues is shorter.
const shortestSecret = 12

// learn keeps the values that the cloud holds now.
func (s *scene) learn(t truth) {
	for _, tenant := range t.Tenants {
		for _, user := range tenant.Users {
			s.keep(user.Password)
		}
		for _, app := range tenant.Applications {
			for _, p := range app.Passwords {
				s.keep(p.Value)
			}
		}
	}
	for _, vault := range t.Vaults {
		for _, secret := range vault.Secrets {
			for _, version := range secret.Versions {
				if n := strings.ToLower(secret.Name); n != "appid" && n != "sausername" { // names, not secrets
					s.keep(version.Value)
				}
			}
		}
	}
}

func (s *scene) keep(value string) {
	if len(value) >= shortestSecret {
		s.issued[value] = true
	}
}

// issuedIn is how the cloud's answers hand out secrets and tokens.
var issuedIn = regexp.MustCompile(`\\?"(?:secretText|access_token|refresh_token|value)\\?":\s*\\?"([^"\\]{12,})\\?"`)

// learnFromLog keeps what the cloud handed out and may have removed again since: it stands in its log of every answer.
func (s *scene) learnFromLog() (err error) {
	answer, err := http.Get(s.cloud.URL() + "/_sim/log?bodies=1")
	if err != nil {
		return fmt.Errorf("read the simulator's log: %w", err)
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), []byte("addPassword")) && !bytes.Contains(lines.Bytes(), []byte("/oauth2/")) {
			continue
		}
		for _, found := range issuedIn.FindAllSubmatch(lines.Bytes(), -1) {
			s.keep(string(found[1]))
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the simulator's log: %w", err)
	}
	return nil
}

// search is what looking for secrets found.
type search struct {
	values, files, bytes int
	hits                 []string // where, never what
}

// search looks for every value that the cloud ever issued in everything that Keyturn left behind on its computer: its
// folder with the store and its write-ahead log, and everything it printed, debug log and events included.
func (s *scene) search() (search, error) {
	if err := s.learnFromLog(); err != nil {
		return search{}, err
	}
	return s.look()
}

// look searches for what is known to have been issued.
func (s *scene) look() (search, error) {
	result := search{values: len(s.issued)}
	result.scan("what it printed", s.printed.bytes(), s.issued)
	err := filepath.WalkDir(s.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		result.scan(path, text, s.issued)
		return nil
	})
	if err != nil {
		return search{}, fmt.Errorf("search Keyturn's folder: %w", err)
	}
	return result, nil
}

func (r *search) scan(where string, text []byte, values map[string]bool) {
	r.files++
	r.bytes += len(text)
	for value := range values {
		if bytes.Contains(text, []byte(value)) {
			r.hits = append(r.hits, where)
		}
	}
}
