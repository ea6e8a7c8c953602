package stage_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"testing"
	"time"

	"keyturn/renewal"
)

var (
	chances = flag.Uint64("chances", 400, "how many worlds TestByChance draws")
	told    = flag.Bool("told", false, "TestByChance tells the whole story of what goes wrong")
	chance  = flag.Uint64("chance", 0, "the seed of the first world that TestByChance draws")
)

// luck is one world drawn at random, and everything that happens in it.
type luck struct {
	Seed uint64 // of what is drawn on the way
	// the application
	Custodian, Tight, AddIn, ByHand bool
	Ends                            time.Duration // of the old secret, from the beginning; 0 = long after
	Overlap                         time.Duration
	Evidence                        renewal.EvidenceRule
	Report                          string // what the reports show: "" = there are none
	Window, Freeze                  bool
	Approval                        [2]bool // before delivering, before retiring
	Asked                           string  // what a person asked for; "" = nothing but a renewal
	// what goes wrong
	Kills      []int // the points at which processes die, one after the other
	Dark       bool
	Flight     time.Duration
	Lose, Deny []int
	Late, Slow time.Duration
	Lag, Shy   time.Duration
	Fails      string // a place that refuses writes
	Lasting    bool   // until a person mends that
	Deaf       string // a place that can't be looked at; "app" = the app
	Trouble    time.Duration
	Stolen     renewal.State
	Meddles    bool
	Longest    time.Duration
	Told       bool
	// what others do
	Turns []turn
}

// turn is what happens before a step.
type turn struct {
	Step int
	What string
}

// draw returns the world of a seed.
func draw(seed uint64) luck {
	r := rand.New(rand.NewPCG(seed, 1))
	often := func(percent int) bool { return r.IntN(100) < percent }
	some := func(from, to time.Duration) time.Duration { return from + time.Duration(r.Int64N(int64(to-from))) }
	l := luck{Seed: seed, Custodian: often(60), Overlap: []time.Duration{time.Second, time.Hour, 48 * time.Hour}[r.IntN(3)], Evidence: renewal.EvidenceTime}
	l.AddIn = !l.Custodian && often(25)
	l.Tight = !l.AddIn && often(30)
	l.ByHand = !l.AddIn && often(12)
	l.Evidence = []renewal.EvidenceRule{renewal.EvidenceTime, renewal.EvidenceTime, renewal.EvidencePreferred, renewal.EvidenceRequired}[r.IntN(4)]
	l.Report = []string{"", "good", "good", "in use", "behind"}[r.IntN(5)]
	l.Window, l.Freeze, l.Approval = often(10), often(6), [2]bool{often(8), often(8)}
	if often(25) {
		l.Ends = []time.Duration{-time.Hour, 2 * time.Hour, 30 * time.Hour, 5 * 24 * time.Hour}[r.IntN(4)]
	}
	if often(40) {
		l.Asked = []string{"emergency", "revoke first", "reuse", "make room", "nothing retired", "by person"}[r.IntN(6)]
	}
	for often(45) && len(l.Kills) < 4 {
		l.Kills = append(l.Kills, 1+r.IntN(50))
	}
	l.Dark = often(30)
	for often(20) {
		l.Lose = append(l.Lose, 1+r.IntN(9))
	}
	for often(12) {
		l.Deny = append(l.Deny, 1+r.IntN(9))
	}
	for _, knob := range []struct {
		d        *time.Duration
		percent  int
		from, to time.Duration
	}{
		{&l.Flight, 30, time.Second, time.Minute},
		{&l.Late, 25, time.Second, 14 * time.Minute},
		{&l.Slow, 15, time.Second, 3 * time.Minute},
		{&l.Lag, 25, time.Second, 3 * time.Minute},
		{&l.Shy, 20, time.Second, 10 * time.Minute},
		{&l.Trouble, 100, time.Second, 20 * time.Hour},
	} {
		if often(knob.percent) {
			*knob.d = some(knob.from, knob.to)
		}
	}
	if often(15) {
		l.Fails, l.Lasting = []string{"custodian", "connection", "variable", "by hand"}[r.IntN(4)], often(30)
	}
	if often(15) {
		l.Deaf = []string{"custodian", "connection", "app"}[r.IntN(3)]
	}
	if often(12) {
		l.Stolen = []renewal.State{renewal.Settling, renewal.Delivering, renewal.Verifying, renewal.Overlapping, renewal.Retiring}[r.IntN(5)]
		l.Meddles = often(30)
	}
	if often(8) {
		l.Longest, l.Told = []time.Duration{24, 30 * 24, 90 * 24}[r.IntN(3)]*time.Hour, often(50)
	}
	if l.Longest == 24*time.Hour { // no secret outlives long trouble
		l.Trouble = min(l.Trouble, time.Hour)
	}
	for often(40) && len(l.Turns) < 4 {
		l.Turns = append(l.Turns, turn{r.IntN(20), turns[r.IntN(len(turns))]})
	}
	return l
}

// turns are what a person or a stranger may do at any time.
var turns = []string{
	"a place is added", "a place leaves", "the custodian leaves", "a stranger writes to a place", "the old value is put back", "the custodian is emptied",
	"go on", "overwrite", "abort", "approve", "hurry", "hurry, revoke first", "the process ends",
}

// TestByChance draws worlds in which anything may go wrong together, and drives a renewal through each to its end: see judge.
// More of them: go test ./stage -run TestByChance -chances 100000 -chance SEED.
func TestByChance(t *testing.T) {
	t.Parallel()
	for seed := *chance; seed < *chance+*chances; seed++ {
		l := draw(seed)
		wrong := l.live()
		if wrong == "" {
			continue
		}
		simplest, why := l.simplify(wrong)
		t.Errorf("seed %d: %s\nsimplest: %s\n%s", seed, wrong, why, simplest)
		if t.Failed() && *chances <= 400 {
			return
		}
	}
}

// simplify takes away from a world whatever it goes wrong without.
func (l luck) simplify(wrong string) (simplest luck, why string) {
	for again := true; again; {
		again = false
		for _, simpler := range l.simpler() {
			if still := simpler.live(); kind(still) == kind(wrong) {
				l, wrong, again = simpler, still, true
				break
			}
		}
	}
	return l, wrong
}

// kind is what went wrong, whichever secret it was.
func kind(wrong string) string {
	return regexp.MustCompile(`[0-9+]+|(?s)\n.*`).ReplaceAllString(wrong, "")
}

// simpler are the worlds in which one thing less goes on.
func (l luck) simpler() (all []luck) {
	fields := reflect.ValueOf(l)
	for n := range fields.NumField() {
		field := fields.Field(n)
		if field.IsZero() || fields.Type().Field(n).Name == "Seed" {
			continue
		}
		less := l
		reflect.ValueOf(&less).Elem().Field(n).SetZero()
		all = append(all, less)
		if field.Kind() != reflect.Slice {
			continue
		}
		for left := range field.Len() {
			one := reflect.AppendSlice(reflect.MakeSlice(field.Type(), 0, 4), field.Slice(0, left))
			less := l
			reflect.ValueOf(&less).Elem().Field(n).Set(reflect.AppendSlice(one, field.Slice(left+1, field.Len())))
			all = append(all, less)
		}
	}
	return all
}

// String tells what goes on in a world, and nothing of what doesn't.
func (l luck) String() (text string) {
	fields := reflect.ValueOf(l)
	for n := range fields.NumField() {
		if !fields.Field(n).IsZero() {
			text += fmt.Sprintf(" %s=%v", fields.Type().Field(n).Name, fields.Field(n))
		}
	}
	return text
}
