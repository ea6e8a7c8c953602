package engine

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"keyturn/notice"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/store"
)

// ownMatters gathers what a look at the tenant finds wrong with Keyturn itself: told once, however many applications it
// stands in the way of.
type ownMatters struct {
	mu     sync.Mutex
	byCode map[string]notice.Notice
	read   bool // an application could be read

	excluded []notice.Notice // of applications that a person takes care of
}

// isOwn reports whether a problem of that code lies with Keyturn's identity, not with one application.
func isOwn(code string) bool {
	switch code {
	case "identity.self":
		return false
	case problem.Between, "role.missing", "consent.missing", "service.missing", "signin.blocked", "signin.ended", "mfa.required",
		"tenant.unknown", "tenant.mismatch", "cloud.mismatch":
		return true
	}
	return strings.HasPrefix(code, "identity.")
}

// add keeps a problem of Keyturn's own.
func (o *ownMatters) add(found *problem.Error, app string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byCode == nil {
		o.byCode = map[string]notice.Notice{}
	}
	if _, known := o.byCode[found.Code]; known {
		return
	}
	o.byCode[found.Code] = ownNotice(found, app, now)
}

// ownNotice is what a problem of Keyturn's own means to people.
func ownNotice(found *problem.Error, app string, now time.Time) notice.Notice {
	n := keyturns("rights", now)
	rest := "Nothing can be renewed by itself until that is mended."
	if found.Code == problem.Between {
		n.Subject = notice.OfKeyturn("way")
		rest = "What needs that connection stands still until that is mended, and then goes on by itself."
	}
	n.Kind, n.Code, n.Fix = notice.Attention, found.Code, cmp.Or(found.Fix, "keyturn doctor")
	n.Title = "Keyturn itself needs you: " + short(found.Message)
	n.Text = sentence(found.Error()) + "\n\n" + rest + " It was seen first at " + app + "."
	return n
}

// sawApp keeps that an application could be read.
func (o *ownMatters) sawApp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read = true
}

// blind is why a look saw no application at all although the way to the tenant is open: Keyturn itself is what's wrong.
// "" = it saw one, or looked for none.
func (o *ownMatters) blind() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.read {
		return ""
	}
	for _, n := range o.byCode {
		return n.Title
	}
	return ""
}

func keyturns(what string, now time.Time) notice.Notice {
	return notice.Notice{ID: notice.NewID(), Subject: notice.OfKeyturn(what), At: now}
}

func over(what, title, text string, now time.Time) notice.Notice {
	n := keyturns(what, now)
	n.Kind, n.Title, n.Text = notice.Recovered, title, text
	return n
}

// afterLook tells what a look at the tenant shows of Keyturn itself and of renewals that stand still, and lets those know
// who wait for a look that went well.
func (e *Engine) afterLook(ctx context.Context, service Service, own *ownMatters, failed error) error {
	if failed == nil && len(own.byCode) == 0 && e.Notify.Looked != nil {
		e.Notify.Looked(ctx)
	}
	if !e.Notify.On {
		return nil
	}
	now := e.Clock.Now()
	if failed != nil {
		return e.tellBlind(ctx, service, failed, now)
	}
	notices, err := e.standing(ctx, now)
	if err != nil {
		return err
	}
	notices = append(notices, over("look", "Keyturn sees the tenant again", "The tenant was looked at with success.", now))
	for _, n := range own.byCode {
		notices = append(notices, n)
	}
	if len(own.byCode) == 0 && own.read {
		notices = append(notices, over("rights", "Keyturn itself is well again", "Keyturn's identity works and has the rights that it needs.", now))
	}
	if own.read && !e.shut.any(now) {
		notices = append(notices, wayIsOpen(now))
	}
	notices = append(notices, e.ownCredential(ctx, now)...)
	return service.Tell(ctx, append(notices, own.excluded...)...)
}

// longBlind is for how long the tenant may be out of reach before people are told: an outage over night is nobody's to mend.
const longBlind = 24 * time.Hour

// tellBlind tells that the tenant couldn't be looked at for long.
func (e *Engine) tellBlind(ctx context.Context, service Service, failed error, now time.Time) error {
	duty, err := service.Duty(ctx, LookDuty)
	if err != nil || !duty.Done || duty.Ago < longBlind {
		return err
	}
	n := keyturns("look", now)
	n.Kind, n.Code, n.Fix = notice.Attention, "look.stale", "keyturn doctor, on the machine that runs keyturn serve"
	n.Title = "Keyturn hasn't been able to look at the tenant for a day"
	n.Text = "Nothing is renewed meanwhile. Why the last look failed: " + problem.Sentence(failed)
	return service.Tell(ctx, n)
}

// standing is what the open runs, as they stand, mean to people.
func (e *Engine) standing(ctx context.Context, now time.Time) ([]notice.Notice, error) {
	open, err := e.openRuns(ctx)
	if err != nil {
		return nil, err
	}
	var notices []notice.Notice
	for _, run := range open {
		if n, ok := noticeOf(run, now); ok && run.Door != renewal.Wait {
			notices = append(notices, n)
		}
	}
	return notices, nil
}

// ownCredential tells that what Keyturn signs in with ends soon, or that this is over. What can't be known is nothing.
func (e *Engine) ownCredential(ctx context.Context, now time.Time) []notice.Notice {
	if e.Notify.Own == nil {
		return nil
	}
	worry, err := e.Notify.Own(ctx)
	if err != nil {
		e.Log.Debug("could not look at Keyturn's own credential", "error", err)
		return nil
	}
	if worry == (Worry{}) {
		return []notice.Notice{over("credential", "Keyturn's own credential is good again", "What Keyturn signs in with lasts.", now)}
	}
	n := keyturns("credential", now)
	n.Kind, n.Code, n.Title, n.Text, n.Fix, n.By = notice.Expiring, worry.Code, "Keyturn itself: "+short(worry.Text), sentence(worry.Text), worry.Fix, worry.By
	return []notice.Notice{n}
}

// tellOf is what an application means to people that can't be renewed by itself; none where nobody is told.
func (e *Engine) tellOf(ctx context.Context, service Service, app string, found store.Finding, end time.Time) []notice.Notice {
	if !e.Notify.On {
		return nil
	}
	if end.IsZero() { // it couldn't be read now; it could before
		page, err := service.Sightings(ctx, store.SightingFilter{Now: e.Clock.Now(), App: app})
		if err == nil && len(page.Sightings) == 1 {
			end = page.Sightings[0].Expires
		}
	}
	about := matter{app: app, code: found.Code, text: found.Text, fix: found.Fix, end: end, now: e.Clock.Now()}
	return []notice.Notice{about.told("can't be renewed by itself")}
}

// goneWell is the news that nothing stands in an application's way any more; none where nobody is told.
func (e *Engine) goneWell(app string) []notice.Notice {
	if !e.Notify.On {
		return nil
	}
	return []notice.Notice{matter{app: app, now: e.Clock.Now()}.recovered("nothing stands in the way of its renewal")}
}
