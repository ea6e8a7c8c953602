package config

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// FuzzParse wants of any text: no panic, and either a configuration that can be used or problems with a position.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", sample, "a: *b", "? [x]\n: y", "tenant: t\n---\n", "<<: [a]", "a: !!int b", "tenant: |\n  x\n", "applications: {a: {targets: [~]}}", "- - -", "a: 'b", "\t", "{a: {}}", goodNotify, "notify: {mail: ~, heartbeat: [a]}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Parse("f", text, kinds(), ways()...)
		if err == nil {
			if got.Tenant == "" && len(got.Applications) > 0 {
				t.Fatal("a configuration without a tenant was accepted")
			}
			return
		}
		var problems *Problems
		if !errors.As(err, &problems) || len(problems.List) == 0 {
			t.Fatalf("refused without a problem: %v", err)
		}
		for _, each := range problems.List {
			if each.Line < 1 || each.Column < 1 || each.Message == "" {
				t.Fatalf("a problem without a position: %+v", each)
			}
		}
	})
}

func TestDurationsReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, int64(20*365*24*3600)).Draw(t, "seconds")) * time.Second
		if got, err := ParseDuration(FormatDuration(want)); err != nil || got != want {
			t.Fatalf("%v was written %q and read as %v (%v)", want, FormatDuration(want), got, err)
		}
	})
}
