package store

import (
	"context"
	"strings"
	"time"

	"keyturn/renewal"
)

// Sightings are what the last look at the tenant saw of each application, one each, for pages and metrics that must not
// ask the cloud. It is an optional part of a store. What it holds is only as young as the look that wrote it, and nothing
// that is done to a secret is decided from it.
type Sightings interface {
	// Sight keeps what was seen of some applications, in one transaction. A sighting that says the same as the one kept,
	// whose Seen is less than fresh behind, changes nothing, so that looking often doesn't write often. Safe to repeat.
	Sight(ctx context.Context, seen []Sighting, fresh time.Duration) error
	// Retain drops the sightings of all applications but those named. Safe to repeat.
	Retain(ctx context.Context, apps []string) error
	// Sightings returns one page of those that fit.
	Sightings(ctx context.Context, filter SightingFilter) (SightingPage, error)
}

// Sighting is what was seen of one application. It never holds a secret.
type Sighting struct {
	App      string    `json:"app"` // its name in the configuration
	ClientID string    `json:"clientId"`
	Name     string    `json:"name,omitempty"` // the app registration's display name; "" = it couldn't be read
	Seen     time.Time `json:"seen"`           // policy's time

	State   SightingState `json:"state"`            // saved as Unclear or ""; read as of the filter's Now
	Code    string        `json:"code"`             // why, as a stable word of package policy such as "due.not"
	Text    string        `json:"text"`             // and in a sentence
	DueAt   time.Time     `json:"dueAt,omitzero"`   // when it is, or was, to be renewed; zero = not known
	Expires time.Time     `json:"expires,omitzero"` // when the credential that decides ends; zero = there is none

	Credentials []SeenCredential `json:"credentials,omitempty"`
	Places      []SeenPlace      `json:"places,omitempty"` // in the order configured
}

// Names is all that the sighting may be searched by, in lower case.
func (s Sighting) Names() string { return strings.ToLower(s.App + "\n" + s.Name + "\n" + s.ClientID) }

// SeenCredential is one secret or certificate on the app registration or its service principal.
type SeenCredential struct {
	KeyID       string    `json:"keyId"`
	Kind        string    `json:"kind"` // "secret" or "certificate"
	Description string    `json:"description,omitempty"`
	Holder      string    `json:"holder"` // "application" or "servicePrincipal"
	Start       time.Time `json:"start,omitzero"`
	End         time.Time `json:"end"`
	InUse       bool      `json:"inUse,omitempty"` // the one that consumers are known to use; never more than one
	Run         string    `json:"run,omitempty"`   // of this or another store, whose mark it bears; "" = no Keyturn made it
}

// SeenPlace is one place that holds the application's secret.
type SeenPlace struct {
	ID       string       `json:"id"`
	Kind     string       `json:"kind"`
	Title    string       `json:"title"`
	Resource string       `json:"resource,omitempty"`
	Portal   string       `json:"portal,omitempty"`
	Rung     renewal.Rung `json:"proof,omitempty"`   // the best of the newest renewal that wrote it; "" = none did
	ProvenAt time.Time    `json:"provenAt,omitzero"` // when that was shown
}

// SightingState is how an application stands, in one word.
type SightingState string

const (
	SightingExpired SightingState = "expired" // the credential in use is past its end
	SightingDue     SightingState = "due"     // it is time to renew it
	SightingFine    SightingState = "fine"    // nothing is to be done
	SightingUnclear SightingState = "unclear" // what was seen doesn't tell

	// SightingExcluded is one of a person's own care, whatever its dates: its Code is "due.excluded".
	SightingExcluded SightingState = "excluded"
)

// SightingFilter chooses sightings; its zero value, but for Now, chooses the first page of all.
type SightingFilter struct {
	Now    time.Time     // policy's time, by which states are told; required
	App    string        // exactly this one; "" = any
	Search string        // a part of App, Name or ClientID, in any letter case; "" = any
	State  SightingState // "" = any
	Order  SightingOrder
	Offset int  // how many are passed over first
	Limit  int  // 0 = 100
	Brief  bool // leave Places out, which take longest to read
}

// Most is how many sightings a page has at most.
func (f SightingFilter) Most() int {
	if f.Limit <= 0 {
		return 100
	}
	return f.Limit
}

// SightingOrder is how a page is sorted. Applications that are otherwise equal come by name.
type SightingOrder string

const (
	SightingByApp     SightingOrder = ""        // by App
	SightingByExpiry  SightingOrder = "expires" // what ends first comes first; what has no end comes last
	SightingByUrgency SightingOrder = "due"     // what is due first comes first; what isn't known comes last
	SightingBySeen    SightingOrder = "seen"    // what was seen last comes first
)

// SightingPage is a part of the sightings, with how many there are in all.
type SightingPage struct {
	Sightings []Sighting            `json:"sightings"`
	Counts    map[SightingState]int `json:"counts"` // by state, of those that fit App and Search; states without any are missing
}

// Total is how many sightings fit a filter that asked for state; "" = for any.
func (p SightingPage) Total(state SightingState) int {
	if state != "" {
		return p.Counts[state]
	}
	total := 0
	for _, n := range p.Counts {
		total += n
	}
	return total
}
