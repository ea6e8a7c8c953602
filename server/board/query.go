package board

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"sort"
	"strings"
	"time"

	"keyturn/problem"
)

// Query chooses applications; its zero value chooses the first page of all, the most urgent first.
type Query struct {
	Search   string   // a part of name or client id, in any letter case; "" = any
	Standing Standing // "" = any
	Order    Order    // "" = ByUrgency
	After    string   // where the page before ended: its Next; "" = from the beginning
	Limit    int      // 0 = 50, at most 200
}

const (
	usualPage = 50
	mostPage  = 200
)

// Page is a part of a list.
type Page struct {
	Items  []Application    `json:"items"`
	Next   string           `json:"next,omitempty"`
	Total  int              `json:"total"`  // how many fit
	Counts map[Standing]int `json:"counts"` // by standing, of those that fit the search; standings without any are missing
}

// Applications returns a part of the applications that fit. A page goes on after the last one shown, wherever that has
// gone meanwhile.
func (b *Board) Applications(ctx context.Context, q Query) (Page, error) {
	shown, err := b.look(ctx)
	if err != nil {
		return Page{}, err
	}
	order := cmp.Or(q.Order, ByUrgency)
	compare, known := orders[order]
	if !known {
		return Page{}, problem.NeedsPerson("query.invalid", "order "+string(q.Order), "isn't known", "one of urgency, app, expires, next")
	}
	page := Page{Items: []Application{}, Counts: map[Standing]int{}}
	rows := shown.sorted[order]
	from, err := after(q.After, func(c *row) int {
		return sort.Search(len(rows), func(i int) bool {
			return cmp.Or(compare(rows[i], c), strings.Compare(rows[i].App, c.App)) > 0
		})
	})
	if err != nil {
		return Page{}, err
	}
	limit, search := limited(q.Limit), strings.ToLower(q.Search)
	for i, r := range rows {
		if search != "" && !strings.Contains(r.names, search) {
			continue
		}
		page.Counts[r.Standing]++
		if q.Standing != "" && r.Standing != q.Standing {
			continue
		}
		page.Total++
		switch {
		case i < from:
		case len(page.Items) < limit:
			page.Items = append(page.Items, r.Application)
		case page.Next == "":
			page.Next = cursor(page.Items[limit-1])
		}
	}
	return page, nil
}

func limited(limit int) int {
	if limit <= 0 {
		return usualPage
	}
	return min(limit, mostPage)
}

// place is what a cursor holds: all that lists are ordered by.
type place struct {
	App      string    `json:"a"`
	Standing Standing  `json:"s"`
	Expires  time.Time `json:"e,omitzero"`
	Next     time.Time `json:"n,omitzero"`
}

func cursor(a Application) string {
	text, err := json.Marshal(place{a.App, a.Standing, a.Expires, a.Next})
	if err != nil {
		return "" // plain data always marshals
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// after finds where the page begins that follows a cursor.
func after(cursor string, find func(*row) int) (int, error) {
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
	return find(newRow(Application{App: p.App, Standing: p.Standing, Expires: p.Expires, Next: p.Next})), nil
}

func badCursor() error {
	return problem.NeedsPerson("query.invalid", "after", "isn't where a page ended", "leave it out, or take next of the page before")
}
