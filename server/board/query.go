package board

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"time"

	"keyturn/problem"
	"keyturn/standing"
)

// Query chooses applications; its zero value chooses the first page of all, the most urgent first.
type Query struct {
	Search   string        // a part of name or client id, in any letter case; "" = any
	Standing standing.Word // "" = any
	Order    Order         // "" = ByUrgency
	After    string        // where the page before ended: its Next; "" = from the beginning
	Limit    int           // 0 = 50, at most 200
}

const (
	usualPage = 50
	mostPage  = 200
)

// Page is a part of a list. The caller must not change what it gets.
type Page struct {
	Items  []Application         `json:"items"`
	Next   string                `json:"next,omitempty"`
	Total  int                   `json:"total"`  // how many fit
	Counts map[standing.Word]int `json:"counts"` // by standing, of those that fit the search; standings without any are missing
}

// Applications returns a part of the applications that fit. A page goes on after the last one shown, wherever that has
// gone meanwhile.
func (b *Board) Applications(ctx context.Context, q Query) (Page, error) {
	shown, err := b.look(ctx)
	if err != nil {
		return Page{}, err
	}
	order := cmp.Or(q.Order, ByUrgency)
	if orders[order] == nil {
		return Page{}, problem.NeedsPerson("query.invalid", "order "+string(q.Order), "isn't known", "one of urgency, app, expires, next")
	}
	from, err := shown.after(order, q.After)
	if err != nil {
		return Page{}, err
	}
	if q.Search == "" && q.Standing == "" {
		return shown.all(order, from, limited(q.Limit)), nil
	}
	return shown.fitting(q, order, from), nil
}

// all is a page of every application.
func (s *snapshot) all(order Order, from, limit int) Page {
	sorted := s.sorted[order]
	page := Page{Items: []Application{}, Total: len(sorted), Counts: s.counts}
	end := min(from+limit, len(sorted))
	for _, i := range sorted[from:end] {
		page.Items = append(page.Items, *s.rows[i].Application)
	}
	if end < len(sorted) {
		page.Next = cursor(page.Items[len(page.Items)-1])
	}
	return page
}

// fitting is a page of those that fit.
func (s *snapshot) fitting(q Query, order Order, from int) Page {
	words, limit := standing.Words(), limited(q.Limit)
	page, counts := Page{Items: []Application{}}, make([]int, len(words))
	wanted, found := slices.Index(words, q.Standing), s.names.having(strings.ToLower(q.Search))
	for at, i := range s.sorted[order] {
		if !found[i] {
			continue
		}
		rank := s.rows[i].rank
		counts[rank]++
		if q.Standing != "" && rank != wanted {
			continue
		}
		page.Total++
		switch {
		case at < from:
		case len(page.Items) < limit:
			page.Items = append(page.Items, *s.rows[i].Application)
		case page.Next == "":
			page.Next = cursor(page.Items[limit-1])
		}
	}
	page.Counts = byWord(words, counts)
	return page
}

func limited(limit int) int {
	if limit <= 0 {
		return usualPage
	}
	return min(limit, mostPage)
}

// place is what a cursor holds: all that lists are ordered by.
type place struct {
	App      string        `json:"a"`
	Standing standing.Word `json:"s"`
	Expires  time.Time     `json:"e,omitzero"`
	Next     time.Time     `json:"n,omitzero"`
}

func cursor(a Application) string {
	text, err := json.Marshal(place{a.App, a.Standing, a.Expires, a.Next})
	if err != nil {
		return "" // plain data always marshals
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// after finds where the page begins that follows a cursor.
func (s *snapshot) after(order Order, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	var p place
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return 0, badCursor()
	}
	last := newRow(Application{App: p.App, Standing: p.Standing, Expires: p.Expires, Next: p.Next})
	sorted, compare := s.sorted[order], orders[order]
	return sort.Search(len(sorted), func(i int) bool {
		r := s.rows[sorted[i]]
		return cmp.Or(compare(r, last), strings.Compare(r.App, last.App)) > 0
	}), nil
}

func badCursor() error {
	return problem.NeedsPerson("query.invalid", "after", "isn't where a page ended", "leave it out, or take next of the page before")
}
