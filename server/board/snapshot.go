package board

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"keyturn/standing"
)

// row is one application with what it is sorted by.
type row struct {
	*Application
	rank          int   // by standing, what needs a person first
	expires, next int64 // microseconds since 1970; what isn't known comes last
}

func newRow(a Application) row {
	return row{Application: &a, rank: a.Standing.Urgency(), expires: sortable(a.Expires), next: sortable(a.Next)}
}

func sortable(t time.Time) int64 {
	if t.IsZero() {
		return math.MaxInt64
	}
	return t.UnixMicro()
}

// snapshot is where all applications stand at one moment. It never changes, so that whoever reads it waits for nobody.
// An application is named by its place in rows.
type snapshot struct {
	at       time.Time
	rows     []row
	byApp    map[string]int32
	sorted   map[Order][]int32
	counts   map[standing.Word]int
	names    names
	overview func() Overview // made when somebody first wants it
}

func newSnapshot(rows []row, now time.Time) *snapshot {
	s := &snapshot{rows: rows, byApp: make(map[string]int32, len(rows)), sorted: map[Order][]int32{}, names: newNames(rows)}
	all := make([]int32, len(rows))
	for i, r := range rows {
		s.byApp[r.App], all[i] = int32(i), int32(i)
	}
	for order := range orders {
		sorted := slices.Clone(all)
		slices.SortFunc(sorted, s.comparing(order))
		s.sorted[order] = sorted
	}
	return s.finish(now)
}

// with is the snapshot in which some rows are others. Nothing is sorted but those: with ten thousand applications of which
// something happens to a few, all that is left to do is to copy four lists.
func (s *snapshot) with(changed map[int32]row, now time.Time) *snapshot {
	if len(changed) == 0 {
		same := *s
		return same.finish(now)
	}
	next := &snapshot{rows: slices.Clone(s.rows), byApp: s.byApp, sorted: map[Order][]int32{}, names: s.names}
	isMoved := make([]bool, len(s.rows))
	for at, r := range changed {
		next.rows[at], isMoved[at] = r, true
	}
	moved := slices.Collect(maps.Keys(changed))
	for order, sorted := range s.sorted {
		compare := next.comparing(order)
		slices.SortFunc(moved, compare)
		next.sorted[order] = merge(sorted, moved, isMoved, compare)
	}
	return next.finish(now)
}

// merge is a sorted list whose moved members, themselves sorted, stand at their new places.
func merge(sorted, moved []int32, isMoved []bool, compare func(x, y int32) int) []int32 {
	list := make([]int32, 0, len(sorted))
	for _, i := range sorted {
		if isMoved[i] {
			continue
		}
		for len(moved) > 0 && compare(moved[0], i) < 0 {
			list, moved = append(list, moved[0]), moved[1:]
		}
		list = append(list, i)
	}
	return append(list, moved...)
}

func (s *snapshot) finish(now time.Time) *snapshot {
	words := standing.Words()
	counts := make([]int, len(words))
	for _, r := range s.rows {
		counts[r.rank]++
	}
	s.at, s.counts = now, byWord(words, counts)
	s.overview = sync.OnceValue(s.glance)
	return s
}

// byWord is how many stand where, without those where nobody does.
func byWord(words []standing.Word, counts []int) map[standing.Word]int {
	named := map[standing.Word]int{}
	for i, count := range counts {
		if count > 0 {
			named[words[i]] = count
		}
	}
	return named
}

// comparing orders places in rows. Those that are otherwise equal come by name.
func (s *snapshot) comparing(order Order) func(x, y int32) int {
	compare := orders[order]
	return func(x, y int32) int {
		if order := compare(s.rows[x], s.rows[y]); order != 0 {
			return order
		}
		return strings.Compare(s.rows[x].App, s.rows[y].App)
	}
}

// Order is how a list of applications is sorted. Those that are otherwise equal come by name.
type Order string

const (
	ByUrgency Order = "urgency" // what needs a person first, then what ends first
	ByName    Order = "app"
	ByExpiry  Order = "expires" // what ends first comes first; what has no end comes last
	ByNext    Order = "next"    // what is to happen first comes first
)

var orders = map[Order]func(x, y row) int{
	ByUrgency: func(x, y row) int { return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.expires, y.expires)) },
	ByName:    func(_, _ row) int { return 0 },
	ByExpiry:  func(x, y row) int { return cmp.Compare(x.expires, y.expires) },
	ByNext:    func(x, y row) int { return cmp.Compare(x.next, y.next) },
}

// names are what applications are searched by, in lower case and all in one piece, which is what makes it fast to search.
type names struct {
	text string
	ends []int // where those of each row end
}

func newNames(rows []row) names {
	var text strings.Builder
	length, ends := 0, make([]int, 0, len(rows))
	for _, r := range rows {
		length += len(r.App) + len(r.Name) + len(r.ClientID) + len("\n\n\n")
	}
	text.Grow(length)
	for _, r := range rows {
		for _, name := range []string{r.App, "\n", r.Name, "\n", r.ClientID, "\n"} {
			text.WriteString(strings.ToLower(name))
		}
		ends = append(ends, text.Len())
	}
	return names{text.String(), ends}
}

// having tells for each row whether a part of one of its names is search, which is in lower case. The text is searched as a
// whole, and not row by row: the library is at its fastest in long texts.
func (n names) having(search string) []bool {
	found := make([]bool, len(n.ends))
	if strings.Contains(search, "\n") {
		return found // it would go over the end of a name
	}
	for row, begin := 0, 0; row < len(found); begin = n.ends[row-1] {
		at := strings.Index(n.text[begin:], search)
		if at < 0 {
			break
		}
		for n.ends[row] <= begin+at {
			row++
		}
		found[row] = true
		row++
	}
	return found
}
