package stage_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/stage"
	"keyturn/stage/stagetest"
)

// start makes the world.
func (l luck) start() *life {
	w := stagetest.New(l.Custodian)
	if l.AddIn {
		w = stagetest.NewACS()
	}
	g := &life{
		luck: l, World: w, r: rand.New(rand.NewPCG(l.Seed, 2)), old: w.Live()[stagetest.OldKey], began: w.Time,
		asked: map[string]int{}, stood: map[string]int{}, known: map[string]bool{}, did: map[string]bool{},
	}
	if l.Tight {
		w.Tighten()
	}
	if l.Tight && l.Asked == "make room" {
		w.Fill()
	}
	if l.ByHand {
		w.ByHand()
	}
	if l.Ends != 0 {
		w.End(w.Time.Add(l.Ends))
	}
	for _, c := range w.Held() {
		if c.KeyID == stagetest.OldKey {
			g.ends = c.End
		}
	}
	w.Dark, w.Flight, w.Lose, w.Deny, w.Late, w.Slow, w.Shy = l.Dark, l.Flight, l.Lose, l.Deny, l.Late, l.Slow, l.Shy
	w.Stolen, w.Meddles, w.Longest, w.Told, w.Overlap = l.Stolen, l.Meddles && !l.AddIn, l.Longest, l.Told && !l.AddIn, l.Overlap
	if l.Lag > 0 {
		lag := rand.New(rand.NewPCG(l.Seed, 3))
		w.Lag = func() time.Duration {
			if lag.IntN(3) > 0 {
				return 0
			}
			return time.Duration(lag.Int64N(int64(l.Lag)))
		}
	}
	if l.Report != "" {
		w.Report = g.report
	}
	w.Change = l.configure
	if l.Asked == "reuse" && l.Custodian {
		w.RenewByHand()
	}
	return g
}

func (l luck) configure(p *policy.Policy) {
	if l.Evidence != "" {
		p.Overlap.Evidence = l.Evidence
	}
	if l.Window {
		p.Window = policy.Window{Cron: "0 2 * * *", Length: 30 * time.Minute}
	}
	if l.Freeze {
		p.Freezes = []policy.Freeze{{From: "2026-11-22", To: "2026-11-25"}}
	}
	p.Approval = policy.Approval{Deliver: l.Approval[0], Retire: l.Approval[1]}
}

// request is what a person asked for.
func (l luck) request() stage.Request {
	request := stage.Request{}
	if !l.Custodian && !l.AddIn {
		request.Replace = stagetest.OldKey
	}
	switch l.Asked {
	case "emergency":
		request.Emergency = true
	case "revoke first":
		request.Emergency, request.RevokeFirst = true, true
	case "reuse":
		request.Reuse, request.Replace = l.Custodian, stagetest.OldKey
	case "make room":
		request.MakeRoom = stagetest.ForeignKey
	case "nothing retired":
		request.Replace = policy.None
	case "by person":
		request.ByPerson = true
	}
	return request
}

// report is what the reports show of use, honestly or late.
func (g *life) report() issuer.Usage {
	use := issuer.Usage{Source: "report", Uses: map[string]issuer.Use{stagetest.OldKey: {Last: g.began.Add(-time.Hour), ByOthers: g.began.Add(-time.Hour)}}}
	for _, c := range g.Held() {
		if !strings.HasPrefix(c.KeyID, "new-key") || g.luck.Report == "behind" {
			continue
		}
		use.Uses[c.KeyID] = issuer.Use{Last: g.began}
		if c.KeyID != g.Run.Retires {
			use.Uses[c.KeyID] = issuer.Use{Last: g.Time} // our own
		}
		if slices.Contains(g.Values(), g.Live()[c.KeyID]) {
			use.Uses[c.KeyID] = issuer.Use{Last: g.Time, ByOthers: g.Time}
		}
	}
	if g.luck.Report == "in use" {
		use.Uses[stagetest.OldKey] = issuer.Use{Last: g.Time, ByOthers: g.Time}
	}
	return use
}
