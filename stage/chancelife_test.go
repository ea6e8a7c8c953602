package stage_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// life is a world of chance while it is lived through.
type life struct {
	luck
	*stagetest.World
	r       *rand.Rand // for what a replica shows, and for what a person does
	job     *stage.Job // nil = nobody drives the run
	plan    *stage.Plan
	old     string // its value
	ends    time.Time
	began   time.Time
	revoked bool
	mended  bool            // a person took the lock away
	trouble time.Time       // when what fails began to; zero = not yet
	asked   map[string]int  // by code: how often a person was
	stood   map[string]int  // by state, door and code: how often the run did
	known   map[string]bool // key ids of earlier runs that a place may know
	did     map[string]bool // turns that were taken
	wrong   string          // the first thing that was
	story   []string
}

// live drives one renewal through the world and returns what went wrong; "" = nothing.
func (l luck) live() (wrong string) {
	defer func() {
		if cause := recover(); cause != nil {
			wrong = fmt.Sprintf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	g := l.start()
	g.Suffers, g.Ticks = g.suffers, g.troubles
	if !g.begin(l.request()) {
		return g.wrong
	}
	for step := 0; g.wrong == ""; step++ {
		g.others(step)
		if g.Run.State.Ended() || g.wrong != "" {
			break
		}
		if step > 3000 {
			g.wrong = "no end: " + string(g.Run.State) + " " + g.Run.Reason.Text
			break
		}
		g.step()
	}
	g.Pass(time.Hour)
	if g.wrong == "" {
		g.judge()
	}
	if g.wrong != "" && *told {
		g.wrong += "\n" + strings.Join(g.story, "\n")
	}
	return g.wrong
}

func (g *life) tell(format string, args ...any) {
	if *told {
		g.story = append(g.story, g.Time.Sub(g.began).Round(time.Second).String()+" "+string(g.Run.State)+": "+fmt.Sprintf(format, args...))
	}
}

// begin plans a renewal; false where that can't be.
func (g *life) begin(request stage.Request) bool {
	plan, err := g.Begin(request)
	if err != nil {
		g.tell("no plan: %v", err)
		return false
	}
	g.plan, g.trouble = plan, time.Time{}
	g.tell("begun: retires %s, room %s, custodian %s", plan.Retires, plan.Order.RoomKeyID, plan.Order.Custodian)
	return true
}

// claim is a process that takes the run up, as the engine does.
func (g *life) claim(kills bool) *stage.Job {
	at := 0
	if kills && len(g.Kills) > 0 {
		at, g.Kills = g.Kills[0], g.Kills[1:]
	}
	job := g.Claim(at, g.plan)
	g.plan = nil
	job.Tell = func(e renewal.Event) { g.tell("  %s: %s %v", e.Kind, e.Text, e.Fields) }
	if err := job.Reopen(context.Background()); err != nil && !g.gone() {
		g.wrong = "reopen: " + err.Error()
	} else if err != nil {
		return nil
	}
	return job
}

// gone reports whether the process was killed. Another one notices a little later.
func (g *life) gone() bool {
	if !g.Died() {
		return false
	}
	g.tell("killed")
	g.job = nil
	g.Claim(0, nil)
	g.Pass(10 * time.Second)
	return true
}

// step is one step of the engine, and what it makes of how that ended.
func (g *life) step() {
	if g.job == nil {
		if g.job = g.claim(true); g.job == nil || g.wrong != "" {
			return
		}
	}
	job := g.job
	g.Steal()
	pause, err := stage.Step(context.Background(), job)
	if g.gone() {
		return
	}
	if err != nil {
		g.tell("failed: %v", err)
		if pause = g.failed(job, err); pause.Door == renewal.Open {
			return
		}
	}
	if pause.Door == renewal.Open || g.gone() {
		return
	}
	if err := job.Park(context.Background(), pause); g.gone() {
		return
	} else if err != nil {
		g.wrong = "park: " + err.Error()
		return
	}
	g.job = nil
	g.standStill(pause)
}

var (
	backOff     = []time.Duration{time.Second, 3 * time.Second, 9 * time.Second, 20 * time.Second}
	longBackOff = []time.Duration{2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
)

// failed does what the engine does about a failure; see its afterFailure.
func (g *life) failed(job *stage.Job, cause error) stage.Pause {
	found := problem.Of(cause)
	door := stage.Pause{Door: renewal.Person, Reason: renewal.Reason{Code: found.Code, Text: cause.Error(), Fix: found.Fix}}
	fresh := found.Code == problem.Denied && job.Run.Tries < len(backOff)
	most := 30
	if job.HoldsValue() {
		most = 52
	}
	if found.Class != problem.Retry && !errors.Is(cause, stage.ErrUnsaved) && !fresh || job.Run.Tries >= most {
		return door
	}
	tries := job.Run.Tries
	delay := append(backOff, longBackOff...)[min(tries, len(backOff)+len(longBackOff)-1)]
	if job.HoldsValue() {
		delay = min(delay, 30*time.Minute)
	}
	delay = max(delay, found.After)
	if err := job.CountTry(context.Background(), cause); err != nil {
		return stage.Pause{}
	}
	if delay <= time.Minute || job.HoldsValue() && delay <= 30*time.Minute {
		g.Pass(delay)
		return stage.Pause{}
	}
	return stage.Pause{Door: renewal.Retry, Until: g.Time.Add(delay), Reason: door.Reason}
}

// standStill waits for what a run stands still for: a time, or a person.
func (g *life) standStill(pause stage.Pause) {
	what := fmt.Sprint(g.Run.State, " ", pause.Door, " ", pause.Reason.Code)
	g.tell("stands still: %s until %s: %s", what, pause.Until.Sub(g.began).Round(time.Second), pause.Reason.Text)
	g.stood[what]++
	if limit := 150; g.stood[what] > limit && !strings.HasPrefix(pause.Reason.Code, "gate.") && pause.Reason.Code != "spread" || g.stood[what] > 1000 {
		g.wrong = "stands still for ever: " + what + ": " + pause.Reason.Text
		return
	}
	if pause.Door != renewal.Person {
		if !pause.Until.After(g.Time) {
			g.stood[what] += 50
		}
		g.Pass(pause.Until.Sub(g.Time))
		return
	}
	if pause.Until.After(g.Time) && pause.Until.Sub(g.Time) < 60*24*time.Hour && g.r.IntN(2) == 0 {
		g.Pass(pause.Until.Sub(g.Time)) // nobody answers, and it answers itself
		return
	}
	g.Pass(time.Duration(g.r.Int64N(int64(3 * time.Hour))))
	g.answer(pause.Reason)
}
