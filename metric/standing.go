package metric

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keyturn/renewal"
	"keyturn/store"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	storeUp = desc("keyturn_store_up", "1 when the store answered this scrape's questions.")

	expiry = desc("keyturn_credential_expiry_timestamp_seconds",
		"When a secret or certificate of an application ends, as last seen. in_use is true for the one that consumers use.", "app", "key_id", "kind", "in_use")
	due = desc("keyturn_credential_renewal_timestamp_seconds",
		"When the secret in use is to be renewed, or was to be. key_id is empty where it isn't known which one is in use.", "app", "key_id")
	applications = desc("keyturn_applications", "Applications looked after, by how they stand: expired, due, fine or unclear.", "state")

	runs     = desc("keyturn_runs", "Renewals that haven't ended, by state and door. The door is open, retry, wait or person.", "state", "door")
	runStuck = desc("keyturn_run_stuck_seconds",
		"For how long the renewal that has stood still for longest could have gone on or, at the door person, has waited for somebody.", "door")
	runTries = desc("keyturn_run_tries", "The most failed tries in a row of a renewal that hasn't ended.", "door")

	findings = desc("keyturn_findings", "Applications that can't be renewed by themselves, by the reason's code.", "code")

	graphHeld = desc("keyturn_graph_held_seconds", "For how long no process on this store sends anything to Microsoft Graph, because it throttled; 0 when they may.")

	lookAge      = desc("keyturn_look_age_seconds", "Since the tenant was last looked at with success, by any process; missing before the first time.")
	lookSuccess  = desc("keyturn_look_success", "1 when the last look at the tenant succeeded.")
	lookInterval = desc("keyturn_look_interval_seconds", "The time between looks at the tenant, as configured.")

	outboxNotices = desc("keyturn_outbox_notices", "Notices that wait in the outbox: pending, of these failing, and given up.", "state")
	outboxAge     = desc("keyturn_outbox_age_seconds", "Since the oldest notice that is still to be sent was kept; 0 when there is none.")
)

// standing tells what the store knows, asked anew at each scrape.
type standing struct {
	Options
	seen seen
}

// Describe implements [prometheus.Collector].
func (s *standing) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		storeUp, expiry, due, applications, runs, runStuck, runTries, findings, graphHeld, lookAge, lookSuccess, lookInterval, outboxNotices, outboxAge,
	} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (s *standing) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	t := teller(to)
	t.tell(lookInterval, s.Every.Seconds())
	up := true
	for _, question := range []func(context.Context, teller) bool{s.sightings, s.census, s.findings, s.held, s.looks, s.outbox} {
		up = question(ctx, t) && up
	}
	t.tell(storeUp, truth(up))
}

// teller sends gauges on.
type teller chan<- prometheus.Metric

func (t teller) tell(d *prometheus.Desc, value float64, labels ...string) {
	t <- gauge(d, value, labels...)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func stamp(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// doors are all, so that none goes missing when it is empty.
var doors = map[renewal.Door]string{renewal.Open: "open", renewal.Retry: "retry", renewal.Wait: "wait", renewal.Person: "person"}

func (s *standing) census(ctx context.Context, t teller) bool {
	return ask(ctx, s.Store, func(counted store.Census, ctx context.Context) error {
		groups, err := counted.Census(ctx, s.Now())
		if err != nil {
			return err
		}
		late, tries := map[renewal.Door]time.Duration{}, map[renewal.Door]int{}
		for _, g := range groups {
			t.tell(runs, float64(g.Runs), string(g.State), doors[g.Door])
			late[g.Door], tries[g.Door] = max(late[g.Door], g.Late), max(tries[g.Door], g.Tries)
		}
		for door, name := range doors {
			t.tell(runStuck, late[door].Seconds(), name)
			t.tell(runTries, float64(tries[door]), name)
		}
		return nil
	})
}

func (s *standing) findings(ctx context.Context, t teller) bool {
	return ask(ctx, s.Store, func(kept store.Findings, ctx context.Context) error {
		all, err := kept.Findings(ctx)
		counts := map[string]int{}
		for _, one := range all {
			counts[one.Code]++
		}
		for code, n := range counts {
			t.tell(findings, float64(n), code)
		}
		return err
	})
}

func (s *standing) held(ctx context.Context, t teller) bool {
	if s.Held == nil {
		return true
	}
	d, err := s.Held(ctx)
	if err == nil {
		t.tell(graphHeld, d.Seconds())
	}
	return err == nil
}

func (s *standing) looks(ctx context.Context, t teller) bool {
	return ask(ctx, s.Store, func(duties store.Duties, ctx context.Context) error {
		duty, err := duties.Duty(ctx, s.Look)
		if err != nil {
			return err
		}
		t.tell(lookSuccess, truth(duty.Done && duty.Failure == ""))
		if duty.Done {
			t.tell(lookAge, duty.Ago.Seconds())
		}
		return nil
	})
}

func (s *standing) outbox(ctx context.Context, t teller) bool {
	return ask(ctx, s.Store, func(reader store.OutboxReader, ctx context.Context) error {
		waiting, err := reader.Outbox(ctx)
		if err != nil {
			return err
		}
		t.tell(outboxNotices, float64(waiting.Pending), "pending")
		t.tell(outboxNotices, float64(waiting.Failing), "failing")
		t.tell(outboxNotices, float64(waiting.GivenUp), "given up")
		t.tell(outboxAge, waiting.Oldest.Seconds())
		return nil
	})
}
