package policy

import (
	"errors"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// Window is when changes may begin; its zero value is at any time.
type Window struct {
	Cron     string        // five fields, when a window opens: minute, hour, day of month, month, day of week
	Length   time.Duration // for how long it is open
	Timezone string        // a name of the IANA database, such as Europe/Berlin; "" = UTC
}

// Freeze is a span of days in which nothing is changed, both days included, in the window's time zone.
type Freeze struct {
	From, To string // 2006-01-02
	Reason   string // for a person; "" = none given
}

// Approval says what a person must allow before it happens.
type Approval struct {
	Deliver bool // before anything is made or written
	Retire  bool // before the old password is removed
}

// Permission is whether a change may be made now.
type Permission struct {
	Decision
	Allowed bool
	From    time.Time // when it may be made; Now when it may be already
	Until   time.Time // when the window that is open closes; zero = no window is set, or it is overruled
}

// lastChance is how long before the end of the password in use the next window must open. When it opens later, or never,
// windows and freezes are overruled: a change at a bad time is better than consumers that fail.
const lastChance = 3 * aDay

// hops is how many windows and freezes are looked through for the next permitted time: some years of them.
const hops = 5000

// Permit says whether a change may be made now, and else when. It reads Now, Policy, Run.Order and Ends.
//
// A renewal that a person asked for isn't held by windows until it has delivered, because that person chose the time;
// freezes hold it all the same. An emergency is held by nothing.
func Permit(in Input) Permission {
	now := Permission{Allowed: true, From: in.Now}
	if in.Run.Order.Emergency {
		return now.because(PermitEmergency, "an emergency is held by no window and no freeze")
	}
	rules := in.Policy
	if in.Run.Order.ByPerson && in.Run.DeliveredAt.IsZero() {
		rules.Window = Window{Timezone: rules.Window.Timezone} // in which the days of freezes are
	}
	if !rules.Window.isSet() && len(rules.Freezes) == 0 {
		return now.because(PermitAlways, "no window or freeze holds it")
	}
	next, why, found := nextPermitted(rules, in.Now)
	if found && next.Equal(in.Now) {
		now.Until = closes(rules.Window, in.Now)
		return now.because(PermitOpen, openText(now.Until))
	}
	return held(in, rules, next, why, found)
}

// held is the answer while a window or a freeze holds a change: when it may be made, or that it is made all the same.
func held(in Input, rules Policy, next time.Time, why string, found bool) Permission {
	now := Permission{Allowed: true, From: in.Now}
	switch {
	case !in.Ends.IsZero() && (!found || next.After(in.Ends.Add(-lastChance))):
		return now.because(PermitOverruled, fmt.Sprintf("%s, yet the secret in use ends on %s: windows and freezes are overruled", why, day(in.Ends)))
	case !found:
		return Permission{From: in.Now.Add(aDay)}.because(PermitClosed, why+", and no window opens that isn't frozen")
	}
	code := PermitClosed
	if _, frozen := frozenAt(rules, in.Now); frozen {
		code = PermitFrozen
	}
	return Permission{From: next}.because(code, fmt.Sprintf("%s; it goes on from %s", why, day(next)))
}

func (p Permission) because(code Code, text string) Permission {
	p.Code, p.Text = code, text
	return p
}

func openText(until time.Time) string {
	if until.IsZero() {
		return "no freeze holds it now"
	}
	return "the maintenance window is open until " + day(until)
}

// nextPermitted returns the first instant from now on that lies in a window and in no freeze, and what holds it now.
func nextPermitted(p Policy, now time.Time) (at time.Time, why string, found bool) {
	at = now
	for range hops {
		if freeze, frozen := frozenAt(p, at); frozen {
			why = orFirst(why, freeze.text())
			at = freeze.end(p.Window.zone())
			continue
		}
		if !p.Window.isSet() || !closes(p.Window, at).IsZero() {
			return at, why, true
		}
		why = orFirst(why, "the maintenance window is closed")
		schedule, err := p.Window.schedule()
		if err != nil {
			return at, "the maintenance window can't be understood", false // a configuration is checked, so this is never seen
		}
		if at = schedule.Next(at); at.IsZero() {
			return at, why, false
		}
	}
	return at, why, false
}

func orFirst(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// closes returns when the window that is open at an instant closes; zero = none is open then, or none is set.
func closes(w Window, at time.Time) time.Time {
	schedule, err := w.schedule()
	if err != nil {
		return time.Time{}
	}
	// Windows may overlap: the last one that opened before at closes last.
	var closing time.Time
	opens := at.Add(-w.Length)
	for range hops {
		if opens = schedule.Next(opens); opens.IsZero() || opens.After(at) {
			break
		}
		closing = opens.Add(w.Length)
	}
	return closing
}

// Check says what is wrong with a window, in a person's words; nil for a good one and for none.
func (w Window) Check() error {
	if w == (Window{}) {
		return nil
	}
	if _, err := time.LoadLocation(w.Timezone); err != nil || w.Timezone == "Local" {
		return fmt.Errorf("%q isn't a time zone such as Europe/Berlin or UTC", w.Timezone)
	}
	if w.Length < 10*time.Minute || w.Length > 31*aDay {
		return errors.New("length must be between 10m and 31d")
	}
	schedule, err := w.schedule()
	if err != nil {
		return fmt.Errorf("cron %q can't be understood: write minute, hour, day of month, month and day of week, such as 0 2 * * 1-5", w.Cron)
	}
	if schedule.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return fmt.Errorf("cron %q never comes", w.Cron)
	}
	return nil
}

// fields are what a window's cron may use: the five of every cron, and no words for intervals, which would begin anew
// with every process.
var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// isSet reports whether changes are held to a window at all; a time zone alone holds none.
func (w Window) isSet() bool { return w.Cron != "" || w.Length != 0 }

func (w Window) schedule() (cron.Schedule, error) {
	if !w.isSet() {
		return nil, errors.New("no window")
	}
	there, err := fields.Parse("CRON_TZ=" + w.zone().String() + " " + w.Cron)
	if err != nil {
		return nil, err
	}
	anywhere, err := fields.Parse("CRON_TZ=UTC " + w.Cron)
	return summertime{there, anywhere, w.zone()}, err
}

func (w Window) zone() *time.Location {
	if zone, err := time.LoadLocation(w.Timezone); err == nil {
		return zone
	}
	return time.UTC
}

// frozenAt returns the freeze in which an instant lies.
func frozenAt(p Policy, at time.Time) (Freeze, bool) {
	zone := p.Window.zone()
	for _, freeze := range p.Freezes {
		if !at.Before(freeze.begin(zone)) && at.Before(freeze.end(zone)) {
			return freeze, true
		}
	}
	return Freeze{}, false
}

// Check says what is wrong with a freeze, in a person's words.
func (f Freeze) Check() error {
	from, err := time.Parse(time.DateOnly, f.From)
	to, err2 := time.Parse(time.DateOnly, f.To)
	switch {
	case err != nil || err2 != nil:
		return errors.New("from and to are days, written 2026-12-20")
	case to.Before(from):
		return fmt.Errorf("it ends on %s, before it begins on %s", f.To, f.From)
	case to.Sub(from) > 400*aDay:
		return errors.New("it lasts longer than a year: to leave an application alone, give it excluded: REASON")
	}
	return nil
}

func (f Freeze) begin(zone *time.Location) time.Time {
	from, _ := time.ParseInLocation(time.DateOnly, f.From, zone)
	return from
}

// end is the first instant after the last day.
func (f Freeze) end(zone *time.Location) time.Time {
	to, err := time.ParseInLocation(time.DateOnly, f.To, zone)
	if err != nil {
		return time.Time{}
	}
	return time.Date(to.Year(), to.Month(), to.Day()+1, 0, 0, 0, 0, zone)
}

func (f Freeze) text() string {
	text := fmt.Sprintf("changes are frozen from %s to %s", f.From, f.To)
	if f.Reason != "" {
		text += " (" + f.Reason + ")"
	}
	return text
}
