package web

import (
	"fmt"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"keyturn/server/board"
)

// How a time is shown without script: the day, the minute, and exactly, for whoever points at it. All in UTC.
func day(t time.Time) string    { return t.UTC().Format(time.DateOnly) }
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
func exact(t time.Time) string  { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// stamp is a time as browsers read it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func number[N int | int64](n N) string { return fmt.Sprint(n) }

// live is where a page hears that what it shows has changed: of one application or renewal, or ("") of all.
func live(app, run string) string {
	query := url.Values{}
	if app != "" {
		query.Set("app", app)
	}
	if run != "" {
		query.Set("run", run)
	}
	return "/api/v1/events?" + query.Encode()
}

func appAddress(app string) templ.SafeURL {
	return templ.SafeURL("/applications/" + url.PathEscape(app))
}

func runAddress(run string) templ.SafeURL { return templ.SafeURL("/runs/" + url.PathEscape(run)) }

// listAddress is the list of applications as a query asks for it.
func listAddress(q board.Query) templ.SafeURL {
	query := url.Values{}
	for name, value := range map[string]string{"q": q.Search, "standing": string(q.Standing), "order": string(q.Order), "after": q.After} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return withQuery("/applications", query)
}

func withQuery(address string, query url.Values) templ.SafeURL {
	if len(query) == 0 {
		return templ.SafeURL(address)
	}
	return templ.SafeURL(address + "?" + query.Encode())
}
