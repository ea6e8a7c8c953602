package stage_test

import (
	"testing"
	"time"

	"keyturn/renewal"
)

// TestFoundByChance lives through what TestByChance has met, reduced to what it needs. Each went wrong before it was mended.
func TestFoundByChance(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]luck{
		"a place is added before the others are verified": {Custodian: true, Turns: []turn{{4, "a place is added"}}},
		"a full app refuses because of an attempt that isn't shown yet": {
			Custodian: true, Tight: true, Lose: []int{1}, Late: 7 * time.Minute,
		},
		"a full app holds an attempt whose making was refused":    {Custodian: true, Tight: true, Deny: []int{1}},
		"a full app holds an attempt whose value arrives late":    {Seed: 5881, Custodian: true, Tight: true, Kills: []int{13}, Flight: 27 * time.Second},
		"a late write puts an attempt that was given up in place": {Seed: 451, Kills: []int{21}, Flight: 39 * time.Second, Longest: 24 * time.Hour, Told: true},
		"a late write changes the custodian after ours":           {Seed: 3914, Custodian: true, Kills: []int{13, 39}, Flight: 19 * time.Second},
		"a late write of ours, and a stranger removes the secret": {
			Seed: 8699, Custodian: true, Kills: []int{13}, Flight: 34 * time.Second, Stolen: renewal.Overlapping,
		},
		"a replica still shows the secret that made room":          {Seed: 20058, Custodian: true, Tight: true, Asked: "make room", Lag: 53258822155},
		"all replicas lag for a minute":                            {Seed: 21, Slow: 40 * time.Second},
		"all replicas lag for minutes":                             {Seed: 1, Slow: 146 * time.Second},
		"the secret is removed while evidence is asked for again":  {Seed: 2632, Evidence: renewal.EvidenceRequired, Report: "good", Stolen: renewal.Retiring},
		"the custodian is emptied while its value is spread":       {Seed: 1685, Custodian: true, Asked: "reuse", Turns: []turn{{1, "the custodian is emptied"}}},
		"the old secret outlives the new one":                      {Seed: 133, Evidence: renewal.EvidencePreferred},
		"an add-in's new secret is cut to less than the old one's": {Seed: 1950, AddIn: true, Longest: 24 * time.Hour},
		"an add-in has a secret left between the old and the new": {
			Seed: 5515, AddIn: true, Kills: []int{35}, Lose: []int{2}, Deny: []int{3}, Turns: []turn{{9, "abort"}},
		},
		"an abort after an attempt whose making was refused": {Seed: 5668, Deny: []int{1}, Stolen: renewal.Overlapping, Meddles: true},
		"a hurry after the overlap": {
			Seed: 177522, Overlap: time.Hour, Kills: []int{17}, Deny: []int{5}, Lag: 175 * time.Second, Turns: []turn{{13, "hurry"}},
		},
		"one more failure after a place was away for half a day": {
			Seed: 14, Custodian: true, Deny: []int{2, 4}, Deaf: "custodian", Trouble: 13*time.Hour + 34*time.Minute,
		},
		"an add-in's renewal ends an hour before its new secret": {Seed: 319973, AddIn: true, Ends: -time.Hour, Turns: []turn{{12, "hurry"}, {19, "abort"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if wrong := l.live(); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}
