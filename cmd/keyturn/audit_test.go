package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keyturn/audit"
)

// sealed is a chain of n entries.
func sealed(n int) []audit.Entry {
	var entries []audit.Entry
	var last audit.Entry
	for range n {
		last = audit.Seal(last, audit.Entry{App: "a", At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Who: "w", Run: "r", Action: "write", Object: "vault", Outcome: audit.Happened})
		entries = append(entries, last)
	}
	return entries
}

func TestAuditNamesTheFirstBadEntry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func([]audit.Entry) []audit.Entry
		says  string
	}{
		"a good log":                  {func(e []audit.Entry) []audit.Entry { return e }, ""},
		"no log":                      {func([]audit.Entry) []audit.Entry { return nil }, ""},
		"one word changed":            {func(e []audit.Entry) []audit.Entry { e[2].Who = "x"; return e }, "entry 3 (write of vault, run r, 2026-11-22 12:00Z) was changed"},
		"one removed from the middle": {func(e []audit.Entry) []audit.Entry { return append(e[:2:2], e[3:]...) }, "entry 3 is missing"},
		"the first removed":           {func(e []audit.Entry) []audit.Entry { return e[1:] }, "entry 1 is missing"},
		"one written anew with a digest of its own": {func(e []audit.Entry) []audit.Entry {
			e[2] = audit.Seal(e[1], audit.Entry{App: "a", Who: "x", Action: "write", Object: "vault"})
			return e
		}, "entry 4 (write of vault"},
	} {
		got := followChain("a", c.spoil(sealed(5)))
		if got.OK != (c.says == "") || !strings.Contains(got.Message, c.says) {
			t.Errorf("%s: %+v", name, got.Message)
		}
	}
}

func TestAuditAgainstAnEarlierExport(t *testing.T) {
	t.Parallel()
	whole := followChain("a", sealed(5))
	path := filepath.Join(t.TempDir(), "earlier.jsonl")
	var text []byte
	for i := range whole.entries {
		line, err := json.Marshal(exported{Entry: &whole.entries[i]})
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	line, err := json.Marshal(exported{Head: &whole.Head})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, line...), 0o600); err != nil {
		t.Fatal(err)
	}
	written := sealed(4) // somebody with the program's own means wrote the whole log anew, one word changed
	written[0] = audit.Seal(audit.Entry{}, audit.Entry{App: "a", Who: "x"})
	for i := 1; i < len(written); i++ {
		written[i] = audit.Seal(written[i-1], written[i])
	}
	for name, c := range map[string]struct {
		entries []audit.Entry
		bad     int64
	}{
		"the same":           {sealed(5), 0},
		"one more since":     {sealed(6), 0},
		"its tail cut off":   {sealed(3), 4},
		"written anew":       {written, 1},
		"nothing left of it": {nil, 1},
	} {
		chains := []chain{followChain("a", c.entries)}
		if !chains[0].OK {
			t.Fatalf("%s: bad without the export: %s", name, chains[0].Message)
		}
		if err := compare(chains, path); err != nil {
			t.Fatal(err)
		}
		if chains[0].Bad != c.bad {
			t.Errorf("%s: entry %d is bad, want %d: %s", name, chains[0].Bad, c.bad, chains[0].Message)
		}
	}
}
