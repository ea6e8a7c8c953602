package world

import (
	"strings"
	"time"
)

// PropagationSwitch names the switch that sets the propagation delay region by region, as in
// "eu-west=2s,us-east=10m"; a bare duration holds for the regions not named.
const PropagationSwitch = "propagation"

// regions are the places where sign-ins are judged, each with its own copy of the credentials.
var regions = [...]string{"eu-west", "eu-north", "us-east"}

// Regions lists the sign-in regions.
func (w *World) Regions() []string { return regions[:] }

// Region draws the sign-in region that serves a request. Hold the lock.
func (w *World) Region() string { return regions[w.random.IntN(len(regions))] }

// PropagationDelay is how long one new or removed credential takes to be known in one region: as the switch says, else
// as the settings say, else none in a gentle world, else drawn: 4 to 25 s, and in one case of ten up to 50 s, which
// stays below the minute that a careful client waits. Hold the lock.
func (w *World) PropagationDelay(region string) time.Duration {
	if d, ok := delayFor(w.Switch(PropagationSwitch), region); ok {
		return d
	}
	if w.settings.Propagation != nil {
		return *w.settings.Propagation
	}
	if w.Chance(0.1) {
		return w.Draw(25*time.Second, 50*time.Second)
	}
	return w.Between(4*time.Second, 25*time.Second)
}

// DelayAt is the propagation delay that the settings or the switch name for a place that is no sign-in region, such as
// "acs"; said is false when they don't. Hold the lock.
func (w *World) DelayAt(place string) (delay time.Duration, said bool) {
	if d, ok := delayFor(w.Switch(PropagationSwitch), place); ok {
		return d, true
	}
	if w.settings.Propagation != nil {
		return *w.settings.Propagation, true
	}
	return 0, false
}

// delayFor reads one region's delay from the switch; what cannot be read counts as not said.
func delayFor(value, region string) (delay time.Duration, ok bool) {
	for part := range strings.SplitSeq(value, ",") {
		name, text, named := strings.Cut(strings.TrimSpace(part), "=")
		if !named {
			name, text = "", name
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 || (named && name != region) {
			continue
		}
		delay, ok = d, true
		if named {
			return delay, true
		}
	}
	return delay, ok
}
