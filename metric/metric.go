package metric

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options are what metrics are told from.
type Options struct {
	Release string
	Traffic *Traffic
	// Store may offer store.Sightings, store.Census, store.Findings, store.Duties and store.OutboxReader; what it doesn't
	// offer isn't told.
	Store any
	Look  string           // the duty that is the look at the tenant
	Every time.Duration    // between looks
	Now   func() time.Time // policy's time
	// Held returns for how long nobody on this store may ask Microsoft Graph; nil = not told.
	Held func(context.Context) (time.Duration, error)
}

// Metrics is everything that one process tells.
type Metrics struct{ registry *prometheus.Registry }

// New returns the metrics of a process, in a registry of their own.
func New(o Options) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "keyturn_build_info", Help: "Always 1; the labels tell what runs.",
		ConstLabels: prometheus.Labels{"release": o.Release, "go": runtime.Version()},
	}, func() float64 { return 1 })
	m.registry.MustRegister(build, o.Traffic, &standing{Options: o},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

const (
	// askTimeout is how long the store may take at a scrape; Prometheus gives up after ten seconds unless told otherwise.
	askTimeout = 8 * time.Second
	// atOnce is how many scrapes are answered at a time.
	atOnce = 2
)

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: atOnce, EnableOpenMetrics: true,
	})
}

// Registry is for those who check what is told.
func (m *Metrics) Registry() prometheus.Gatherer { return m.registry }

// ask runs one question to the store, and reports whether it was answered.
func ask[T any](ctx context.Context, from any, question func(T, context.Context) error) bool {
	asked, ok := from.(T)
	return !ok || question(asked, ctx) == nil
}
