package engine

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"keyturn/credential"
	"keyturn/notice"
	"keyturn/policy"
	"keyturn/stage"
	"keyturn/store"
)

// glance keeps what is seen of the applications that a person takes care of, and what is to be told of one that nobody has
// renewed a week before its last secret's end. What can't be read is theirs to know.
func (e *Engine) glance(ctx context.Context, seen *sights) error {
	now := e.Clock.Now()
	var group errgroup.Group
	group.SetLimit(lookAtOnce)
	for app, why := range e.Rounds.Excluded {
		if !e.memory.daily(app, now) {
			continue
		}
		group.Go(func() error {
			found, err := e.Rounds.Glance(ctx, app)
			if err != nil {
				e.Log.Debug("could not look at an excluded application", "app", app, "error", err)
				return nil
			}
			end := found.LastEnd()
			seen.own.sawExcluded(excludedEnds(app, why, end, now))
			return seen.add(ctx, excludedSighting(app, why, found, end, now))
		})
	}
	return group.Wait()
}

func excludedSighting(app, why string, found credential.App, end, now time.Time) store.Sighting {
	due := policy.Due(policy.Input{Now: now, Excluded: why})
	s := store.Sighting{
		App: app, ClientID: found.ClientID, Name: found.Name, Seen: now, Code: string(due.Code), Text: due.Text, Expires: end,
	}
	for _, c := range found.Credentials {
		s.Credentials = append(s.Credentials, seenCredential(c, stage.Plan{}))
	}
	return s
}

// sawExcluded keeps what is to be told of an application that a person takes care of.
func (o *ownMatters) sawExcluded(n notice.Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.excluded = append(o.excluded, n)
}

func excludedEnds(app, why string, end, now time.Time) notice.Notice {
	about := matter{
		app: app, end: end, now: now, text: "keyturn.yaml says that Keyturn leaves it alone (" + why + "), and no newer secret is there",
		fix: "renew it as you are used to, or drop excluded from keyturn.yaml",
	}
	if about.isNear() {
		return about.told("has been renewed by nobody")
	}
	return about.recovered("a newer secret is there")
}
