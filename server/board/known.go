package board

import (
	"slices"
	"time"

	"keyturn/config"
	"keyturn/renewal"
	"keyturn/standing"
	"keyturn/store"
)

// known is what is known of every application, by name.
type known struct {
	apps     []config.Application // in the order of the file; then those that only the store knows
	at       map[string]int       // where each is in apps
	runs     map[string]renewal.Run
	findings map[string]store.Finding
	seen     map[string]store.Sighting
	shown    *snapshot       // the last; nil = all is to be judged anew
	judged   time.Time       // when that was last done for all
	changed  map[string]bool // applications that something happened to since
}

func newKnown(apps []config.Application) *known {
	k := &known{
		apps: slices.Clip(apps), at: make(map[string]int, len(apps)), runs: map[string]renewal.Run{}, changed: map[string]bool{},
	}
	for i, app := range apps {
		k.at[app.Name] = i
	}
	return k
}

func (k *known) add(app config.Application) {
	k.at[app.Name] = len(k.apps)
	k.apps = append(k.apps, app)
}

// take keeps a renewal, unless a newer one of the same application is known. One whose application isn't configured is
// shown beside those that are: nothing vanishes by being taken out of the file.
func (k *known) take(run renewal.Run) {
	if held := k.runs[run.App]; held.ID != run.ID && run.CreatedAt.Before(held.CreatedAt) {
		return
	}
	k.runs[run.App] = run
	if _, there := k.at[run.App]; !there {
		k.add(standing.Unconfigured(run))
		k.shown = nil
	}
	k.changed[run.App] = true
}

// judge says where one application stands.
func (k *known) judge(app config.Application, now time.Time) Application {
	return applicationOf(standing.Facts{App: app, Run: k.runs[app.Name], Finding: k.findings[app.Name], Seen: k.seen[app.Name]}, now)
}

// judgeAgain finds those that time alone may have made stand elsewhere: few, so that the others cost next to nothing.
func (k *known) judgeAgain(now time.Time) {
	if k.shown == nil {
		return
	}
	for i, row := range k.shown.rows {
		if standing.Turns(row.Expires, row.Next, k.judged, now) {
			k.changed[k.apps[i].Name] = true
		}
	}
	k.judged = now
}

// snapshot is where all applications stand now: those that something happened to are judged, or all of them.
func (k *known) snapshot(now time.Time) *snapshot {
	if k.shown == nil {
		rows := make([]row, 0, len(k.apps))
		for _, app := range k.apps {
			rows = append(rows, newRow(k.judge(app, now)))
		}
		k.shown, k.judged = newSnapshot(rows, now), now
	} else {
		rows := make(map[int32]row, len(k.changed))
		for name := range k.changed {
			at := k.at[name]
			rows[int32(at)] = newRow(k.judge(k.apps[at], now))
		}
		k.shown = k.shown.with(rows, now)
	}
	clear(k.changed)
	return k.shown
}
