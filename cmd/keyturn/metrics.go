package main

import (
	"net/http"

	"keyturn/engine"
	"keyturn/metric"
)

// metrics answers those who ask for this process's metrics.
func (s *service) metrics() http.Handler {
	told := metric.New(metric.Options{
		Release: release, Traffic: s.count, Store: s.store, Look: engine.LookDuty, Every: s.settings.Serve.Every, Now: s.clock.Now,
		Held: budget{s.store, s.settings.Tenant}.Held,
	})
	return told.Handler()
}
