// Package notice holds the noun of what a person is told without having asked: one notice is one thing that needs
// somebody, or the news that it is over. It never holds a secret.
//
// Start at [Notice].
package notice

import (
	"crypto/rand"
	"strings"
	"time"
)

// Kind is what a notice is about.
type Kind string

const (
	Attention Kind = "attention" // something stands still until a person acts
	Expiring  Kind = "expiring"  // a secret ends soon, or has ended, and nothing is on the way
	Recovered Kind = "recovered" // what was told before is over
	Test      Kind = "test"      // asked for, to see whether notices arrive
)

// Notice is one thing to tell a person. Of notices with the same Subject and Code, one is told until the subject has
// recovered: what is seen again every hour is told once.
type Notice struct {
	ID      string    `json:"id"`      // the same whenever it is sent again, so that a receiver can drop doubles; letters, digits and _
	Subject string    `json:"subject"` // what it is about, such as "app provision-assist": see [OfApp] and [OfKeyturn]
	Kind    Kind      `json:"kind"`
	Code    string    `json:"code,omitempty"` // of the problem, finding or reason, such as "rights.missing"; none for recovered and test
	App     string    `json:"app,omitempty"`  // the application's name in the configuration; "" = Keyturn itself
	Run     string    `json:"run,omitempty"`
	Title   string    `json:"title"`         // one line: which application, what, by when
	Text    string    `json:"text"`          // what happened, in plain words; may have several lines
	Fix     string    `json:"fix,omitempty"` // exactly what to do next, mostly a command
	By      time.Time `json:"by,omitzero"`   // until when something must be done; zero = no day is known
	At      time.Time `json:"at"`            // when it was seen, by policy's time
}

// OfApp is the subject of what concerns one application.
func OfApp(name string) string { return "app " + name }

// OfKeyturn is the subject of what concerns Keyturn itself: its credential, its rights, its way to the tenant.
func OfKeyturn(what string) string { return "keyturn " + what }

// NewID draws an id that no other notice has.
func NewID() string { return "ntc_" + strings.ToLower(rand.Text()) }
