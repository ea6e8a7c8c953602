package board

import (
	"cmp"
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

// row is one application with what it is searched by.
type row struct {
	Application
	names string // in lower case
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
		r := &row{Application: f.stand(now)}
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
			return cmp.Or(compare(&x.Application, &y.Application), strings.Compare(x.App, y.App))
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

var orders = map[Order]func(x, y *Application) int{
	ByUrgency: func(x, y *Application) int {
		return cmp.Or(cmp.Compare(urgency[x.Standing], urgency[y.Standing]), zeroLast(x.Expires, y.Expires))
	},
	ByName:   func(_, _ *Application) int { return 0 },
	ByExpiry: func(x, y *Application) int { return zeroLast(x.Expires, y.Expires) },
	ByNext:   func(x, y *Application) int { return zeroLast(x.Next, y.Next) },
}

// zeroLast compares two times; what isn't known comes last.
func zeroLast(x, y time.Time) int {
	if x.IsZero() || y.IsZero() {
		return cmp.Compare(boolean(x.IsZero()), boolean(y.IsZero()))
	}
	return x.Compare(y)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}
