package engine

import (
	"sync"
	"time"

	"keyturn/renewal"
	"keyturn/stage"
)

const (
	// planLife is how long a plan that a look made is good enough to begin with: whatever it read may have changed, and
	// each stage looks again before it acts.
	planLife = 2 * time.Minute
	// planned is how many plans are kept for runs that nobody drives yet.
	planned = 64
)

// plans are what looks at the tenant planned and began lately, so that who drives such a run in this process needn't read
// everything a second time.
type plans struct {
	mu   sync.Mutex
	made map[string]made // by run
}

type made struct {
	plan *stage.Plan
	at   time.Time // the machine's own
}

// keep keeps the plan of a run that was just begun, unless there are many already: then driving is behind, and this one
// would be old when its turn comes.
func (p *plans) keep(run string, plan stage.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == nil {
		p.made = map[string]made{}
	}
	for id, m := range p.made {
		if time.Since(m.at) > planLife {
			delete(p.made, id)
		}
	}
	if len(p.made) < planned {
		p.made[run] = made{&plan, time.Now()}
	}
}

// take returns the plan that this process made for the run, once; nil when there is none that is young enough, or when
// somebody has driven the run meanwhile.
func (p *plans) take(run renewal.Run) *stage.Plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.made[run.ID]
	delete(p.made, run.ID)
	if !ok || time.Since(m.at) > planLife || run.State != renewal.Planned || run.Version != firstClaim {
		return nil
	}
	return m.plan
}

// firstClaim is the version of a run that was begun, and then claimed for the first time.
const firstClaim = 2
