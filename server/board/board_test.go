package board_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"keyturn/config"
	"keyturn/notice"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/board"
	"keyturn/server/feed"
	"keyturn/standing"
	"keyturn/store"
	"keyturn/store/sqlite"
	"keyturn/target"
)

// noon is policy's time, far from the machine's.
var noon = time.Date(2031, 5, 4, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// show opens a board over a store of its own, which follows it until the test ends.
func show(t testing.TB, apps []config.Application, fill func(*sqlite.Store)) (*board.Board, *sqlite.Store, *feed.Feed) {
	t.Helper()
	kept, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "keyturn.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if fill != nil {
		fill(kept)
	}
	log := slog.New(slog.DiscardHandler)
	heard := feed.New(kept, 5*time.Millisecond, log)
	b := board.New(board.Options{
		Store: kept, Settings: config.Config{Applications: apps}, Now: func() time.Time { return noon }, Duty: "look",
		Places: func(config.Application) []target.Place {
			return []target.Place{{ID: "vault", Title: "Key Vault secret"}}
		}, Feed: heard, Log: log,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { heard.Run(ctx); done <- struct{}{} }()
	go func() { b.Follow(ctx); done <- struct{}{} }()
	t.Cleanup(func() {
		cancel()
		<-done
		<-done
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return b, kept, heard
}

func configured(names ...string) (apps []config.Application) {
	for _, name := range names {
		apps = append(apps, config.Application{Name: name, ClientID: "id-of-" + name, Policy: policy.Default()})
	}
	return apps
}

// seen is a sighting of an application whose secret ends in so many days.
func seen(app string, days int) store.Sighting {
	end := noon.Add(time.Duration(days) * day)
	return store.Sighting{App: app, ClientID: "id-of-" + app, Name: "The " + app, Seen: noon, Code: "due.not", Expires: end, DueAt: end.Add(-30 * day)}
}

// run saves a renewal as change makes it.
func run(t testing.TB, s *sqlite.Store, app string, change func(*renewal.Run)) renewal.Run {
	t.Helper()
	begun, err := s.Begin(t.Context(), renewal.Run{
		ID: renewal.NewID(), App: app, ClientID: "id-of-" + app, State: renewal.Planned, Node: "test", CreatedAt: noon, UpdatedAt: noon,
		Order: renewal.Order{RetiresEnd: noon.Add(20 * day), End: noon.Add(180 * day)},
	}, store.Told{Events: []renewal.Event{{Kind: "begun", Text: "begun"}}})
	if err != nil {
		t.Fatal(err)
	}
	change(&begun)
	saved, err := s.Advance(t.Context(), store.Change{Run: begun, Release: true, Told: store.Told{Events: []renewal.Event{{Kind: "step", Text: "a step"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func TestWhereApplicationsStand(t *testing.T) {
	t.Parallel()
	apps := configured("fine", "due", "expired", "renewing", "person", "found", "renewed", "unseen", "unclear")
	apps = append(apps, config.Application{Name: "excluded", ClientID: "x", Excluded: "its pipeline renews it"})
	b, _, _ := show(t, apps, func(s *sqlite.Store) {
		unclear := seen("unclear", 10)
		unclear.State, unclear.Text = store.SightingUnclear, "it couldn't be read"
		all := []store.Sighting{seen("fine", 100), seen("due", 10), seen("expired", -1), seen("renewing", 10), seen("person", 10), seen("found", 10), unclear}
		if err := s.Sight(t.Context(), all, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Note(t.Context(), store.Finding{App: "found", Code: "rights.missing", Text: "a right is missing", Fix: "grant it", Since: noon}); err != nil {
			t.Fatal(err)
		}
		run(t, s, "renewing", func(r *renewal.Run) { r.State, r.Door, r.WakeAt = renewal.Overlapping, renewal.Wait, noon.Add(day) })
		run(t, s, "person", func(r *renewal.Run) {
			r.Door, r.Reason = renewal.Person, renewal.Reason{Code: "drift", Text: "somebody else changed it", Fix: "look"}
		})
		run(t, s, "renewed", func(r *renewal.Run) {
			r.State, r.Outcome, r.DeliveredAt, r.EndedAt = renewal.Done, renewal.Renewed, noon, noon
		})
		run(t, s, "gone", func(r *renewal.Run) { r.State, r.Outcome, r.EndedAt = renewal.Done, renewal.Refused, noon })
	})
	want := map[string]standing.Word{
		"fine": standing.Fine, "due": standing.Due, "expired": standing.Expired, "renewing": standing.Renewing, "person": standing.Person, "found": standing.Person,
		"renewed": standing.Fine, "unseen": standing.Unknown, "unclear": standing.Unknown, "excluded": standing.Excluded, "gone": standing.Excluded,
	}
	page, err := b.Applications(t.Context(), board.Query{})
	if err != nil || len(page.Items) != len(want) {
		t.Fatalf("%d applications: %v", len(page.Items), err)
	}
	for _, a := range page.Items {
		if a.Standing != want[a.App] || a.Text == "" {
			t.Errorf("%s is %s (%s), want %s", a.App, a.Standing, a.Text, want[a.App])
		}
		if (a.Standing == standing.Person) != (a.Fix != "") {
			t.Errorf("%s: fix %q", a.App, a.Fix)
		}
	}
	if first, last := page.Items[0].App, page.Items[len(page.Items)-1]; first != "expired" || last.Standing != standing.Excluded {
		t.Errorf("the list begins with %s and ends with %s", first, last.App)
	}
	overview, err := b.Overview(t.Context())
	if err != nil || len(overview.Urgent) != 4 || overview.Counts[standing.Fine] != 2 || len(overview.Timeline) != 12 {
		t.Errorf("overview %+v: %v", overview, err)
	}
}

func TestPagesHoldEveryApplicationOnce(t *testing.T) {
	t.Parallel()
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("app-%03d", i))
	}
	b, _, _ := show(t, configured(names...), func(s *sqlite.Store) {
		var all []store.Sighting
		for i, name := range names {
			all = append(all, seen(name, (i*37)%400-20))
		}
		if err := s.Sight(t.Context(), all, 0); err != nil {
			t.Fatal(err)
		}
	})
	for _, order := range []board.Order{board.ByUrgency, board.ByName, board.ByExpiry, board.ByNext} {
		held := map[string]int{}
		for q := (board.Query{Order: order, Limit: 37}); ; {
			page, err := b.Applications(t.Context(), q)
			if err != nil || page.Total != len(names) {
				t.Fatalf("%s: %d of %d: %v", order, page.Total, len(names), err)
			}
			for _, a := range page.Items {
				held[a.App]++
			}
			if q.After = page.Next; page.Next == "" {
				break
			}
		}
		for _, name := range names {
			if held[name] != 1 {
				t.Errorf("%s: %s is shown %d times", order, name, held[name])
			}
		}
	}
	found, err := b.Applications(t.Context(), board.Query{Search: "THE APP-12", Standing: standing.Fine})
	if err != nil || found.Total == 0 || found.Total >= 10 || found.Counts[standing.Fine] != found.Total {
		t.Errorf("search and filter find %d, counted %v: %v", found.Total, found.Counts, err)
	}
	if _, err := b.Applications(t.Context(), board.Query{After: "!"}); !problem.Is(err, "query.invalid") {
		t.Errorf("a bad cursor: %v", err)
	}
}

func TestWhatHappensShows(t *testing.T) {
	t.Parallel()
	b, s, heard := show(t, configured("portal"), nil)
	if page, err := b.Applications(t.Context(), board.Query{}); err != nil || page.Items[0].Standing != standing.Unknown {
		t.Fatalf("at first %+v: %v", page.Items, err)
	}
	run(t, s, "portal", func(r *renewal.Run) { r.State = renewal.Settling })
	heard.Poke()
	for end := time.Now().Add(10 * time.Second); ; {
		page, err := b.Applications(t.Context(), board.Query{})
		if err != nil {
			t.Fatal(err)
		}
		if a := page.Items[0]; a.Standing == standing.Renewing && a.State == renewal.Settling {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("it still shows %+v", page.Items[0])
		}
		time.Sleep(5 * time.Millisecond) // what is waited for is shown by nothing but the board itself
	}
	detail, err := b.Application(t.Context(), "portal")
	if err != nil || len(detail.Runs) != 1 || len(detail.Places) != 1 {
		t.Errorf("detail %+v: %v", detail, err)
	}
	if _, err := b.Application(t.Context(), "nobody's"); !problem.Is(err, "app.unknown") {
		t.Errorf("an unknown application: %v", err)
	}
}

func TestNoticesComeNewestFirst(t *testing.T) {
	t.Parallel()
	b, s, _ := show(t, configured("portal"), nil)
	for _, n := range []notice.Notice{
		{ID: "ntc_1", Subject: notice.OfApp("portal"), App: "portal", Kind: notice.Attention, Code: "drift", Title: "one", Text: "x", At: noon},
		{ID: "ntc_2", Subject: notice.OfKeyturn("rights"), Kind: notice.Attention, Code: "role.missing", Title: "two", Text: "x", At: noon},
		{ID: "ntc_3", Subject: notice.OfApp("other"), App: "other", Kind: notice.Attention, Code: "drift", Title: "three", Text: "x", At: noon},
	} {
		if err := s.Tell(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		q    board.NoticeQuery
		want []string
		next string
	}{
		"all":                {board.NoticeQuery{}, []string{"three", "two", "one"}, ""},
		"a page":             {board.NoticeQuery{Limit: 2}, []string{"three", "two"}, "ntc_2"},
		"the page after it":  {board.NoticeQuery{Limit: 2, After: "ntc_2"}, []string{"one"}, ""},
		"of one application": {board.NoticeQuery{App: "portal"}, []string{"one"}, ""},
		"those given up":     {board.NoticeQuery{State: store.PostingGivenUp}, nil, ""},
		"not over":           {board.NoticeQuery{Open: true}, []string{"three", "two", "one"}, ""},
	} {
		page, err := b.Notices(t.Context(), c.q)
		var titles []string
		for _, item := range page.Items {
			titles = append(titles, item.Title)
		}
		if err != nil || !slices.Equal(titles, c.want) || page.Next != c.next {
			t.Errorf("%s: %v, next %q: %v", name, titles, page.Next, err)
		}
	}
	if _, err := b.Notices(t.Context(), board.NoticeQuery{After: "none"}); !problem.Is(err, "query.invalid") {
		t.Errorf("a bad cursor: %v", err)
	}
}
