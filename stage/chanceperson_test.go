package stage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// meddled reports whether somebody wrote to a place, or took from it.
func (g *life) meddled() bool {
	return g.did["a stranger writes to a place"] || g.did["the old value is put back"] || g.did["the custodian is emptied"] || g.luck.Meddles
}

// needed reports whether what goes on in this world is a reason to ask a person that.
func (g *life) needed(code, text string) bool {
	switch code {
	case string(policy.PermitApproval):
		return g.Approval[0]
	case string(policy.GateApproval):
		return g.Approval[1]
	case "manual.waiting":
		return g.luck.ByHand
	case string(policy.GateNoReport), string(policy.GateNewUnused), string(policy.GateReportBehind):
		return g.Evidence == renewal.EvidenceRequired && (g.luck.Report != "good" || g.Asked == "reuse" || g.meddled())
	case string(policy.GateInUse):
		return g.luck.Report == "in use"
	case problem.Locked:
		return g.Lasting
	case problem.Drift, problem.NotFound:
		return g.meddled() || g.luck.AddIn && g.luck.Stolen != "" || g.Asked == "reuse" && (g.luck.Stolen != "" || g.did["the custodian leaves"]) || g.Flight > 0 && strings.Contains(text, "connection") || g.Flight > 0 && strings.Contains(text, "variable") || g.Flight > 0 && strings.Contains(text, "late")
	case "settle.slow":
		return g.luck.Stolen == renewal.Settling && g.luck.Deaf == "app"
	case problem.Unreachable, problem.Throttled:
		return g.Trouble > 10*time.Hour && (g.Deaths > 0 || g.did["the process ends"] || g.luck.Deaf == "app") // a process that was killed has waited for long already
	case "reuse.unproven":
		return g.did["the custodian leaves"] || g.meddled()
	case problem.SignIn:
		return g.Asked == "reuse" && g.luck.Stolen != "" || g.luck.Longest == 24*time.Hour && g.Trouble > 10*time.Hour
	case "renewal.early":
		return g.luck.Longest > 0
	case "attempts.many":
		return !g.Has("custodian") && (g.Lasting || g.Deaths+len(g.Turns) > 3 || g.Trouble > 10*time.Hour) || g.Deaths+len(g.luck.Lose)+len(g.luck.Deny) >= 4 || g.luck.Stolen != "" && g.Deaths+len(g.luck.Lose) > 2
	case problem.Blocked:
		return g.luck.Longest > 0
	case problem.Full:
		return g.luck.Tight && !g.Has("custodian") || g.meddled() || g.luck.Stolen != ""
	}
	return false
}

// answer is a person who does what they are asked to.
func (g *life) answer(why renewal.Reason) {
	g.asked[why.Code]++
	switch {
	case !g.needed(why.Code, why.Text):
		g.wrong = fmt.Sprintf("a person is asked for nothing, while %s: %s: %s", g.Run.State, why.Code, why.Text)
	case g.asked[why.Code] > 12:
		g.wrong = fmt.Sprintf("a person is asked the same again and again, while %s: %s: %s", g.Run.State, why.Code, why.Text)
	case why.Code == "manual.waiting":
		g.Claim(0, nil)
		if err := g.Place(); err != nil {
			g.wrong = "a person's word isn't heard: " + err.Error()
		}
	case why.Code == string(policy.PermitApproval), strings.HasPrefix(why.Code, "gate."):
		g.say(stage.Approve)
	case why.Code == problem.Locked:
		g.mended = true
	case why.Code == "attempts.many":
	case why.Code == problem.Blocked, why.Code == "renewal.early":
		g.World.Longest = 0
	case why.Code == problem.Drift && g.asked[why.Code] < 3:
		g.say(stage.Overwrite)
	default:
		g.abort()
	}
}

// told hands a person's word to the run, whoever drives it.
func (g *life) say(word func(context.Context, *stage.Job, string) error) {
	g.job = nil
	err := word(context.Background(), g.claim(false), "somebody")
	g.tell("told, with %v", err)
}

// abort is a person who ends the run and begins another.
func (g *life) abort() {
	g.job = nil
	for range 30 {
		err := g.Abort()
		if err == nil {
			break
		}
		g.tell("not aborted: %v", err)
		if problem.Of(err).Class != problem.Retry {
			g.wrong = "can't be aborted: " + err.Error()
			return
		}
		g.Pass(time.Hour)
		g.troubles()
	}
	g.tell("aborted")
	if !g.Run.State.Ended() {
		g.wrong = "can't be aborted"
		return
	}
	g.did["abort"] = true
	for _, a := range g.Attempts() {
		if slices.ContainsFunc(g.Deliveries(), func(d renewal.Delivery) bool { return d.N == a.N }) {
			g.known[a.KeyID] = true
		}
	}
	g.Pass(time.Duration(g.r.Int64N(int64(2 * time.Hour))))
	request := stage.Request{}
	live := g.Live()
	if !g.Has("custodian") && !g.luck.AddIn {
		if request.Replace = stagetest.OldKey; live[stagetest.OldKey] == "" {
			request.Replace = policy.None
		}
	}
	g.begin(request)
}

// troubles begins and ends what fails for a while.
func (g *life) troubles() {
	if g.trouble.IsZero() {
		return
	}
	over := g.Time.Sub(g.trouble) > g.Trouble
	g.Fail, g.World.Deaf = map[string]error{}, map[string]error{}
	switch {
	case g.Fails == "" || g.mended:
	case g.Lasting:
		g.Fail[g.Fails] = stagetest.Lasting()
	case !over:
		g.Fail[g.Fails] = stagetest.Passing()
	}
	if g.luck.Deaf != "" && !over {
		g.World.Deaf[strings.TrimPrefix(g.luck.Deaf, "app")] = stagetest.Passing()
	}
}

// others do what they do before a step.
func (g *life) others(step int) {
	if step > int(g.Seed%12) && g.trouble.IsZero() {
		g.trouble = g.Time
	}
	g.troubles()
	for _, turn := range g.Turns {
		if turn.Step == step && g.wrong == "" && !g.Run.State.Ended() {
			g.turn(turn.What)
		}
	}
}

func (g *life) turn(what string) {
	live := g.Live()
	old, foreign := live[stagetest.OldKey], live[stagetest.ForeignKey]
	if g.Time.After(g.ends) {
		old = ""
	}
	did := true
	g.tell("turn: %s", what)
	switch what {
	case "a place is added":
		if did = old != "" && !g.luck.AddIn && !g.Has("late"); did {
			g.AddPlace(old)
		}
	case "a place leaves":
		if did = g.Has("variable"); did {
			g.Drop("variable")
		}
	case "the custodian leaves":
		if did = g.Has("custodian"); did {
			g.Drop("custodian")
		}
	case "a stranger writes to a place":
		if did = foreign != "" && g.Has("connection"); did {
			g.Overwrite("connection", foreign)
		}
	case "the old value is put back":
		if did = old != "" && g.Has("connection") && g.Time.Sub(g.Run.GateAt) > time.Hour; did {
			g.Overwrite("connection", old)
		}
	case "the custodian is emptied":
		if did = g.Has("custodian"); did {
			g.Empty("custodian")
		}
	case "abort":
		g.abort()
	default:
		g.word(what)
	}
	g.job = nil
	g.did[what] = g.did[what] || did
}

// word is what a person tells a run without being asked.
func (g *life) word(what string) {
	switch what {
	case "go on":
		g.say(stage.GoOn)
	case "overwrite":
		g.say(stage.Overwrite)
	case "approve":
		g.say(stage.Approve)
	case "hurry", "hurry, revoke first":
		g.say(func(ctx context.Context, j *stage.Job, who string) error {
			return stage.Hurry(ctx, j, who, what != "hurry")
		})
	}
}
