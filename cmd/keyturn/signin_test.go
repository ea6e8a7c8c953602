package main

import (
	"strings"
	"testing"
)

// TestALineThatIsPiped comes as the shells of all systems write it.
func TestALineThatIsPiped(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]string{
		"sh":                              "pass word\n",
		"sh, without an end":              "pass word",
		"cmd and PowerShell":              "pass word\r\n",
		"PowerShell with $OutputEncoding": "\uFEFFpass word\r\n",
		"more lines":                      "pass word\nnothing\n",
	} {
		sh := newShell(strings.NewReader(written), nil, nil, nil)
		line, err := sh.lineFrom("--password-fd", "0", longestPassword)
		if err != nil || string(line) != "pass word" {
			t.Errorf("%s: %q, %v", name, line, err)
		}
	}
}

func TestAPathIsOneWord(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"sim/env": "sim/env", "C:/My Files/env.ps1": "'C:/My Files/env.ps1'", "C:/O'Neill & Co/env": `"C:/O'Neill & Co/env"`,
	} {
		if got := oneWord(path); got != want {
			t.Errorf("%s is written %s, want %s", path, got, want)
		}
	}
}
