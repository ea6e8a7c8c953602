package board

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/standing"
)

var moment = time.Date(2031, 5, 4, 12, 0, 0, 0, time.UTC)

// drawn is an application as chance wants it; few values, so that many are otherwise equal.
func drawn(chance *rand.Rand, i int) Application {
	a := Application{
		App: fmt.Sprintf("app-%05d", i), Name: fmt.Sprint("Portal ", i%97), ClientID: fmt.Sprintf("%08x-0000", i),
		Standing: standing.Words()[chance.IntN(7)], Text: "so it is",
	}
	if days := chance.IntN(40); days > 3 {
		a.Expires, a.Next = moment.AddDate(0, 0, days), moment.AddDate(0, 0, days%11)
	}
	return a
}

func rowsOf(chance *rand.Rand, size int) []row {
	rows := make([]row, size)
	for i := range rows {
		rows[i] = newRow(drawn(chance, (i*7919)%size))
	}
	return rows
}

func TestWhatChangesStandsWhereSortingAllWouldPutIt(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	shown := newSnapshot(rowsOf(chance, 300), moment)
	for round := range 200 {
		before := slices.Clone(shown.sorted[ByUrgency])
		changed := map[int32]row{}
		for range chance.IntN(40) {
			at := chance.Int32N(300)
			again := drawn(chance, 0)
			again.App, again.Name, again.ClientID = shown.rows[at].App, shown.rows[at].Name, shown.rows[at].ClientID
			changed[at] = newRow(again)
		}
		next := shown.with(changed, moment)
		anew := newSnapshot(next.rows, moment)
		for order := range orders {
			if !slices.Equal(next.sorted[order], anew.sorted[order]) {
				t.Fatalf("round %d: by %s they stand otherwise than sorted anew", round, order)
			}
		}
		if !maps.Equal(next.counts, anew.counts) || !slices.Equal(before, shown.sorted[ByUrgency]) {
			t.Fatalf("round %d: counted %v, want %v", round, next.counts, anew.counts)
		}
		shown = next
	}
}

func TestASearchFindsWhoseNamesHaveIt(t *testing.T) {
	t.Parallel()
	rows := rowsOf(rand.New(rand.NewPCG(1, 2)), 300)
	shown := newSnapshot(rows, moment)
	for _, search := range []string{"", "a", "app-0001", "portal 7", "00-0000", "-0000\napp", "nothing", "app-00299", "0"} {
		want := 0
		for _, r := range rows {
			for _, name := range []string{r.App, r.Name, r.ClientID} {
				if strings.Contains(strings.ToLower(name), search) {
					want++
					break
				}
			}
		}
		if page := shown.fitting(Query{Search: strings.ToUpper(search)}, ByName, 0); page.Total != want {
			t.Errorf("%q is found in %d, want %d", search, page.Total, want)
		}
	}
}

// What one request costs with ten thousand applications, and what it costs to show that something happened.
func BenchmarkTenThousand(b *testing.B) {
	shown := newSnapshot(rowsOf(rand.New(rand.NewPCG(1, 2)), 10_000), moment)
	for name, do := range map[string]func(){
		"list":             func() { shown.all(ByUrgency, 0, 50) },
		"search for most":  func() { shown.fitting(Query{Search: "ap"}, ByExpiry, 0) },
		"search for few":   func() { shown.fitting(Query{Search: "portal 42"}, ByExpiry, 0) },
		"search for none":  func() { shown.fitting(Query{Search: "00z"}, ByExpiry, 0) },
		"one standing":     func() { shown.fitting(Query{Standing: standing.Due}, ByName, 0) },
		"a change shown":   func() { shown.with(map[int32]row{17: shown.rows[4711], 4711: shown.rows[17]}, moment) },
		"all sorted anew":  func() { newSnapshot(shown.rows, moment) },
		"overview, anew":   func() { shown.glance() },
		"a page far along": func() { shown.all(ByName, 9_000, 50) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				do()
			}
		})
	}
}
