//go:build unix

package story_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestKilledByChance kills the program at steps drawn by chance, several times in one renewal, and lets replies go wrong
// in between. The n-th renewal is the same in every run of the tests, as far as the program's own goroutines are.
func TestKilledByChance(t *testing.T) {
	t.Parallel()
	clouds := newFleet(t)
	stories := rows()
	for n := range *chances {
		draw := rand.New(rand.NewPCG(uint64(n), 1125))
		chosen := cell{row: row{name: "by chance", story: stories[draw.IntN(len(stories))].story}, reply: "arrives"}
		chosen.first = ""
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			c := newCrash(t, clouds, chosen, draw.IntN(4) == 0)
			c.chance = &chance{draw: draw, kills: 1 + draw.IntN(5), faults: draw.IntN(6)}
			defer func() {
				if t.Failed() {
					t.Log(c.chance)
				}
			}()
			c.run()
		})
	}
}

// chance is what goes wrong with a renewal that meets chance rather than a cell's point.
type chance struct {
	draw   *rand.Rand
	kills  int // that are left
	faults int // that are left
	told   []string
}

// at says what becomes of the program at one of its steps.
func (x *chance) at(c *crash, s step) verdict {
	switch {
	case x.kills > 0 && x.draw.IntN(12) == 0:
		x.kills--
		x.told = append(x.told, fmt.Sprintf("killed %s %s %s%v", s.At, s.Kind, s.Act, s.Told))
		return kill
	case x.faults > 0 && s.Kind == "request" && s.At == "before" && x.draw.IntN(4) == 0:
		x.faults--
		kinds := []map[string]any{
			{"kind": "reply-lost"},
			{"kind": "error-after", "status": 500},
			{"kind": "error-after", "status": 504},
			{"kind": "error-before", "status": 503},
			{"kind": "throttle", "delay": "1s"},
		}
		rule := kinds[x.draw.IntN(len(kinds))]
		x.told = append(x.told, fmt.Sprintf("%v at %s", rule, s.Act))
		c.fault(s, rule)
		return alone
	}
	return goOn
}

func (x *chance) String() string { return strings.Join(x.told, "; ") }
