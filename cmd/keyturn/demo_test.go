package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The demo's search finds a secret wherever one could lie; without this, its 0 would mean nothing.
func TestTheSearchForSecretsFindsOne(t *testing.T) {
	t.Parallel()
	const value = "abc8Q~this-is-a-secret-value"
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, "deep"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "deep", "keyturn.db-wal"), []byte("\x00\x01"+value+"\x02"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &scene{home: home, printed: &recorder{}, issued: map[string]bool{}}
	if found, err := s.look(); err != nil || len(found.hits) != 0 || found.files != 2 {
		t.Errorf("searched for nothing and found %+v, %v", found, err)
	}
	s.keep(value)
	s.keep("short")
	if found, err := s.look(); err != nil || len(found.hits) != 1 || found.values != 1 {
		t.Errorf("a value in a file: %+v, %v", found, err)
	}
	if _, err := s.printed.Write([]byte("level=DEBUG " + value)); err != nil {
		t.Fatal(err)
	}
	if found, err := s.look(); err != nil || len(found.hits) != 2 {
		t.Errorf("a value that was printed: %+v, %v", found, err)
	}
}

func TestTheSimulatorsAnswersTellWhatItIssued(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"secretText":"abc8Q~0123456789"}`, `{\"keyId\":\"k\",\"secretText\":\"abc8Q~0123456789\"}`, `{"access_token": "abc8Q~0123456789"}`,
	} {
		found := issuedIn.FindStringSubmatch(answer)
		if len(found) != 2 || found[1] != "abc8Q~0123456789" {
			t.Errorf("%s gives %q", answer, found)
		}
	}
}
