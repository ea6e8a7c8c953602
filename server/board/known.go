package board

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"keyturn/config"
	"keyturn/renewal"
	"keyturn/store"
)

// known is what is known of every application, by name.
type known struct {
	apps     []config.Application // in the order of the file
	runs     map[string]renewal.Run
	findings map[string]store.Finding
	seen     map[string]store.Sighting
}

func newKnown(apps []config.Application) *known { return &known{apps: apps} }

// row is one application with what it is searched and sorted by.
type row struct {
	Application
	names         string // in lower case
	rank          int    // by standing, what needs a person first
	expires, next int64  // microseconds since 1970; what isn't known comes last
}

func newRow(a Application) *row {
	return &row{Application: a, rank: urgency[a.Standing], expires: sortable(a.Expires), next: sortable(a.Next)}
}

func sortable(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return t.UnixMicro()
}

// snapshot is where all applications stand at one moment. It never changes.
type snapshot struct {
	at     time.Time
	sorted map[Order][]*row
	byApp  map[string]*row
	counts map[Standing]int
}

// snapshot judges every application, and those that only the store knows of.
func (k *known) snapshot(now time.Time) *snapshot {
	s := &snapshot{at: now, sorted: map[Order][]*row{}, byApp: make(map[string]*row, len(k.apps)), counts: map[Standing]int{}}
	rows := make([]*row, 0, len(k.apps))
	add := func(f facts) {
		r := newRow(f.stand(now))
		r.names = strings.ToLower(r.App + "\n" + r.Name + "\n" + r.ClientID)
		rows = append(rows, r)
		s.byApp[r.App] = r
		s.counts[r.Standing]++
	}
	for _, app := range k.apps {
		add(facts{app, k.runs[app.Name], k.findings[app.Name], k.seen[app.Name]})
	}
	for name, run := range k.runs {
		if s.byApp[name] == nil {
			add(facts{app: config.Application{Name: name, ClientID: run.ClientID, Excluded: "it isn't in keyturn.yaml any more"}, run: run})
		}
	}
	for order, compare := range orders {
		sorted := slices.Clone(rows)
		slices.SortFunc(sorted, func(x, y *row) int {
			return cmp.Or(compare(x, y), strings.Compare(x.App, y.App))
		})
		s.sorted[order] = sorted
	}
	return s
}

// Order is how a list of applications is sorted. Those that are otherwise equal come by name.
type Order string

const (
	ByUrgency Order = "urgency" // what needs a person first, then what ends first
	ByName    Order = "app"
	ByExpiry  Order = "expires" // what ends first comes first; what has no end comes last
	ByNext    Order = "next"    // what is to happen first comes first
)

var orders = map[Order]func(x, y *row) int{
	ByUrgency: func(x, y *row) int { return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.expires, y.expires)) },
	ByName:    func(_, _ *row) int { return 0 },
	ByExpiry:  func(x, y *row) int { return cmp.Compare(x.expires, y.expires) },
	ByNext:    func(x, y *row) int { return cmp.Compare(x.next, y.next) },
}
