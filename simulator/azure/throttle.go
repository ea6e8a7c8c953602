package azure

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// bucketKey names a token bucket: one for each kind of request of each principal in each subscription.
// Source: learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling, read 2026-11-22.
type bucketKey struct{ subscription, principal, kind string }

type bucket struct {
	left float64
	at   time.Time
}

// limit is a bucket's size and how many tokens it gains a second.
type limit struct{ size, gain float64 }

func limitOf(kind string) limit {
	if kind == "reads" {
		return limit{250, 25}
	}
	return limit{200, 10}
}

func bucketKind(method string) string {
	switch verb(method) {
	case "read":
		return "reads"
	case "delete":
		return "deletes"
	}
	return "writes"
}

func (c *call) bucketKey() bucketKey {
	return bucketKey{c.at.subscription, c.id.ObjectID, bucketKind(c.r.Method)}
}

// throttle takes a token from the caller's bucket and refuses when there is none; a gentle world never refuses.
func (c *call) throttle() *answer {
	k := c.bucketKey()
	most := limitOf(k.kind)
	b := c.s.buckets[k]
	if b == nil {
		b = &bucket{left: most.size, at: c.now}
		c.s.buckets[k] = b
	}
	b.left = math.Min(most.size, b.left+most.gain*c.now.Sub(b.at).Seconds())
	b.at = c.now
	if b.left >= 1 || c.s.w.Gentle() {
		b.left = math.Max(0, b.left-1)
		return nil
	}
	const wait = 5
	a := fail(http.StatusTooManyRequests, "SubscriptionRequestsThrottled",
		"Number of '%s' requests for subscription '%s' actor '%s' exceeded. Please try again after '%d' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.",
		k.kind, k.subscription, k.principal, wait)
	a = a.withHeader("Retry-After", strconv.Itoa(wait))
	return &a
}

// withQuota adds what is left of the caller's bucket.
func (s *Service) withQuota(c *call, a answer) answer {
	k := c.bucketKey()
	left := strconv.Itoa(int(s.buckets[k].left))
	if k.subscription == "" {
		return a.withHeader("x-ms-ratelimit-remaining-tenant-"+k.kind, left)
	}
	global := strconv.Itoa(15 * int(limitOf(k.kind).size))
	return a.withHeader("x-ms-ratelimit-remaining-subscription-"+k.kind, left).withHeader("x-ms-ratelimit-remaining-subscription-global-"+k.kind, global)
}
