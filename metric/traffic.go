package metric

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keyturn/renewal"
)

// Traffic counts what this process does.
type Traffic struct {
	requests  *prometheus.CounterVec
	took      *prometheus.HistogramVec
	throttled *prometheus.CounterVec
	waits     *prometheus.CounterVec
	ended     *prometheus.CounterVec
}

// NewTraffic returns counters that stand at nothing.
func NewTraffic() *Traffic {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	t := &Traffic{
		requests:  counter("keyturn_requests_total", "HTTP requests sent, by service and class of the answer's status; none = no answer came.", "service", "status"),
		throttled: counter("keyturn_throttled_total", "Answers 429, too many requests.", "service"),
		waits:     counter("keyturn_throttled_seconds_total", "Seconds that answers 429 asked to wait, all together.", "service"),
		ended:     counter("keyturn_renewals_total", "Renewals that this process brought to their end, by outcome.", "outcome"),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "keyturn_request_duration_seconds", Help: "How long requests took until the answer's headers came.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 75},
		}, []string{"service"}),
	}
	for _, outcome := range []renewal.Outcome{renewal.Renewed, renewal.Added, renewal.Stopped} {
		t.ended.WithLabelValues(string(outcome)) // so that the first one shows as a rise
	}
	return t
}

// Request counts one request to a service: status 0 says that no answer came, wait what a throttling answer asked for.
func (t *Traffic) Request(service string, status int, took, wait time.Duration) {
	class := "none"
	if status > 0 {
		class = strconv.Itoa(status/100) + "xx"
	}
	t.requests.WithLabelValues(service, class).Inc()
	t.took.WithLabelValues(service).Observe(took.Seconds())
	if status == tooMany {
		t.throttled.WithLabelValues(service).Inc()
		t.waits.WithLabelValues(service).Add(wait.Seconds())
	}
}

const tooMany = 429

// Event counts the renewals that end.
func (t *Traffic) Event(event renewal.Event) {
	switch event.Kind {
	case "done":
		t.ended.WithLabelValues(event.Fields["outcome"]).Inc()
	case "aborted":
		t.ended.WithLabelValues(string(renewal.Stopped)).Inc()
	}
}

// Describe implements [prometheus.Collector].
func (t *Traffic) Describe(to chan<- *prometheus.Desc) {
	t.each(func(c prometheus.Collector) { c.Describe(to) })
}

// Collect implements [prometheus.Collector].
func (t *Traffic) Collect(to chan<- prometheus.Metric) {
	t.each(func(c prometheus.Collector) { c.Collect(to) })
}

func (t *Traffic) each(do func(prometheus.Collector)) {
	for _, c := range []prometheus.Collector{t.requests, t.took, t.throttled, t.waits, t.ended} {
		do(c)
	}
}
