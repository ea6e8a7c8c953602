package entra

import (
	"context"
	"strings"
	"sync"
	"time"

	"keyturn/graph"
)

const (
	// policyLife is how long the tenant's own policy is believed: a command reads it once, and who works through thousands
	// of applications doesn't read it for each.
	policyLife = time.Minute
	// reportLife is how long the report of a whole tenant is believed. It lags by hours anyway, and a use counts as evidence
	// only beside a watermark of ours in the same report.
	reportLife = 10 * time.Minute
	// fewApps is of how many applications the report is read one by one within a reportLife; the limit of reports is five
	// requests in ten seconds.
	fewApps = 4
)

// recently is what one read gave, for a while by the cloud's clock. Who asks while it is read waits for it.
type recently[T any] struct {
	mu    sync.Mutex
	value T
	until time.Time
}

// get returns the value, read anew when it is too old. A failed read is no value.
func (k *recently[T]) get(ctx context.Context, now func() time.Time, life time.Duration, read func(context.Context) (T, error)) (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now().Before(k.until) && k.until.Sub(now()) <= life { // a clock that went back keeps nothing
		return k.value, nil
	}
	value, err := read(ctx)
	if err == nil {
		k.value, k.until = value, now().Add(life)
	}
	return value, err
}

// forget has the next reader read anew.
func (k *recently[T]) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.until = time.Time{}
}

// tenantReport is the report of credential activity of the whole tenant, read once for many applications.
type tenantReport struct {
	mu    sync.Mutex
	asked map[string]time.Time // by client id
	whole recently[map[string][]graph.Activity]
}

// many reports whether more applications than a few were asked for lately.
func (t *tenantReport) many(clientID string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked == nil {
		t.asked = map[string]time.Time{}
	}
	for id, at := range t.asked {
		if now.Sub(at) > reportLife {
			delete(t.asked, id)
		}
	}
	if len(t.asked) <= fewApps {
		t.asked[clientID] = now
	}
	return len(t.asked) > fewApps
}

// rows returns the report's rows of one application.
func (i *Issuer) rows(ctx context.Context, clientID string) ([]graph.Activity, error) {
	if !i.report.many(clientID, i.session.Now()) {
		return i.graph.Activities(ctx, clientID)
	}
	all, err := i.report.whole.get(ctx, i.session.Now, reportLife, i.wholeReport)
	return all[strings.ToLower(clientID)], err
}

func (i *Issuer) wholeReport(ctx context.Context) (map[string][]graph.Activity, error) {
	all := map[string][]graph.Activity{}
	for row, err := range i.graph.AllActivities(ctx) {
		if err != nil {
			return nil, err
		}
		app := strings.ToLower(row.AppID)
		row.AppID = ""
		all[app] = append(all[app], row)
	}
	return all, nil
}
