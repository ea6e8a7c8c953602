// Package renewal holds the nouns of one renewal as they are kept: the run, its attempts at a new password, and one
// delivery for each place. They are plain data; stages decide, stores keep. No field ever holds a secret.
//
// Start at [State]: it tells the whole story in order.
package renewal

import "time"

// State is where a run stands. A run only moves forward, but for a new attempt, which goes back to Issuing.
type State string

const (
	Planned     State = "planned"     // what will be done is saved; nothing has been touched
	MakingRoom  State = "making room" // the app holds as many passwords as it may; a named one goes first
	Issuing     State = "issuing"     // a new password is being made
	Settling    State = "settling"    // it exists, and is tried until it works everywhere
	Delivering  State = "delivering"  // it is written: to the custodian first, then to all the others
	Verifying   State = "verifying"   // every place is asked what it holds
	Overlapping State = "overlapping" // both passwords work; time passes and use is watched
	Retiring    State = "retiring"    // the gate is asked, then the old password is removed
	Done        State = "done"        // ended well; Outcome says how
	Aborted     State = "aborted"     // ended by a person; nothing is broken, all that stays is listed
)

// Ended reports whether nothing more will happen to a run in this state.
func (s State) Ended() bool { return s == Done || s == Aborted }

// Door says why a run that hasn't ended stands still. It is beside the state: the run goes on from the same state.
type Door string

const (
	Open   Door = ""       // it is being driven, or may be at once
	Retry  Door = "retry"  // something failed that may succeed later: see WakeAt
	Wait   Door = "wait"   // nothing is wrong; a time must come: see WakeAt
	Person Door = "person" // somebody must act first: see Reason
)

// Reason says why a door is closed, for a person.
type Reason struct {
	Code string `json:"code,omitempty"` // stable, such as "drift"
	Text string `json:"text,omitempty"`
	Fix  string `json:"fix,omitempty"` // exactly what to do next
}

// Outcome says how a run ended.
type Outcome string

const (
	Renewed  Outcome = "renewed"  // every place holds the new password and the old one was removed
	Expiring Outcome = "expiring" // every place holds the new password; the old one dies on its own date
	Added    Outcome = "added"    // every place holds the new password; nothing was to be retired
	Refused  Outcome = "refused"  // ended before anything was made
	Stopped  Outcome = "stopped"  // ended by a person
)

// Run is one renewal of one application. At most one run of an application is open at any time.
type Run struct {
	ID       string  `json:"id"`
	App      string  `json:"app"` // its name in the configuration
	ClientID string  `json:"clientId"`
	State    State   `json:"state"`
	Door     Door    `json:"door,omitempty"`
	Reason   Reason  `json:"reason,omitzero"`
	Outcome  Outcome `json:"outcome,omitempty"`

	Order   Order  `json:"order"`
	Attempt int    `json:"attempt"`           // number of the current attempt; 0 = none yet
	Retires string `json:"retires,omitempty"` // key id that this run replaces; "" = nothing is retired
	Tries   int    `json:"tries"`             // failed tries in a row in this state

	Version int64     `json:"version"` // rises with every save; a wake of an older version does nothing
	Node    string    `json:"node,omitempty"`
	WakeAt  time.Time `json:"wakeAt,omitzero"`

	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
	DeliveredAt time.Time `json:"deliveredAt,omitzero"` // when the last place was written
	VerifiedAt  time.Time `json:"verifiedAt,omitzero"`
	WatermarkAt time.Time `json:"watermarkAt,omitzero"` // our own sign-in that a report of use must show before it is believed
	GateAt      time.Time `json:"gateAt,omitzero"`      // when the gate was passed; good for five minutes
	EndedAt     time.Time `json:"endedAt,omitzero"`
	ApprovedBy  string    `json:"approvedBy,omitempty"` // the person who let the old password go without evidence
	Evidence    string    `json:"evidence,omitempty"`   // what was known when the old password was removed or left to expire
}

// InUseEnds is when the secret that consumers use ends, as far as this run knows: the one that it brought everywhere, or
// before that the one that it replaces. Zero = not known.
func (r Run) InUseEnds() time.Time {
	switch {
	case r.DeliveredAt.IsZero():
		return r.Order.RetiresEnd
	case r.Order.Reuse:
		return r.Order.ReuseEnd
	}
	return r.Order.End
}

// Brought reports whether a place that shows tag and receipt shows what this run, while it is open, has brought everywhere: by
// the run's tag or, where the place can't keep that, by the receipt of its delivery there.
func (r Run) Brought(tag, receipt string, there Delivery) bool {
	switch {
	case r.ID == "" || r.State.Ended() || r.VerifiedAt.IsZero():
		return false
	case tag != "":
		return tag == Tag(r.ID, r.Attempt)
	}
	return receipt != "" && receipt == there.Receipt
}

// FoundIn is the receipt that a place, named by its target, had for the old value; "" = it isn't known.
func (o Order) FoundIn(target string) string {
	if target != o.Custodian {
		return ""
	}
	return o.Found
}

// Order is what the plan decided. It doesn't change while the run is open.
type Order struct {
	Custodian   string        `json:"custodian,omitempty"` // the target from which the value can be read back; "" = none
	Targets     []string      `json:"targets"`             // every place, custodian included
	Description string        `json:"description"`         // what people called the old password
	End         time.Time     `json:"end"`                 // when the new password is to end
	RetiresEnd  time.Time     `json:"retiresEnd,omitzero"` // when the old one ends by itself
	RoomKeyID   string        `json:"roomKeyId,omitempty"` // the password removed first when the app is full
	Successes   int           `json:"successes"`           // sign-ins in a row that settle a new password
	Over        time.Duration `json:"over"`                // the time over which they are spread
	Overlap     time.Duration `json:"overlap"`             // both passwords are kept at least so long
	ReportLag   time.Duration `json:"reportLag"`           // how late the reports of use may be
	Evidence    EvidenceRule  `json:"evidence"`
	Linger      time.Duration `json:"linger,omitempty"`     // the service goes on with the old one until its end: so long afterwards it is removed
	Spread      time.Duration `json:"spread,omitempty"`     // so long after delivery the new one may be unknown somewhere
	Expired     bool          `json:"expired,omitempty"`    // the old one doesn't work any more: no overlap to keep
	ByPerson    bool          `json:"byPerson,omitempty"`   // a person asked for it now: no window holds its beginning
	AskedBy     string        `json:"askedBy,omitempty"`    // who asked for it
	AskedAs     string        `json:"askedAs,omitempty"`    // who that was, for good: names change
	Person      string        `json:"person,omitempty"`     // how the person signed in who began it, such as browser; "" = it was begun unattended
	Emergency   bool          `json:"emergency,omitempty"`  // the old one has leaked: no window, no freeze, the shortest safe overlap
	AllowedBy   string        `json:"allowedBy,omitempty"`  // the person who approved that it is delivered
	Reuse       bool          `json:"reuse,omitempty"`      // issue nothing: spread the custodian's value
	Found       string        `json:"found,omitempty"`      // the custodian's receipt when this was planned
	ReuseKeyID  string        `json:"reuseKeyId,omitempty"` // with Reuse: the key id of the custodian's value
	ReuseEnd    time.Time     `json:"reuseEnd,omitzero"`
	Left        string        `json:"left,omitempty"`  // key id of the old one, which is left to its own end; "" = it isn't
	Notes       []string      `json:"notes,omitempty"` // what a person should know, such as a lifetime cut by policy
}

// EvidenceRule says what is wanted before the old password is removed.
type EvidenceRule string

const (
	EvidenceRequired  EvidenceRule = "required"  // without positive evidence a person decides
	EvidencePreferred EvidenceRule = "preferred" // without it the old password is left to expire
	EvidenceTime      EvidenceRule = "time"      // the overlap's minimum alone decides
)

// AttemptState is where one addPassword stands.
type AttemptState string

const (
	AttemptIntended  AttemptState = "intended"  // the mark is saved; the request may or may not have been sent
	AttemptIssued    AttemptState = "issued"    // Entra answered with a key id and a value
	AttemptSettled   AttemptState = "settled"   // it works at every sign-in node asked
	AttemptChosen    AttemptState = "chosen"    // the custodian holds it: this is the one
	AttemptDoubtful  AttemptState = "doubtful"  // no answer came; it may exist under its mark
	AttemptAbandoned AttemptState = "abandoned" // it exists and won't be used; it is to be removed
	AttemptRemoved   AttemptState = "removed"   // it was removed
	AttemptVoid      AttemptState = "void"      // it never came to exist
)

// Attempt is one addPassword, saved before it is sent.
type Attempt struct {
	Run   string       `json:"run"`
	N     int          `json:"n"`
	Mark  string       `json:"mark"` // the password's description, by which it is found again
	State AttemptState `json:"state"`
	KeyID string       `json:"keyId,omitempty"`
	Hint  string       `json:"hint,omitempty"`
	Start time.Time    `json:"start,omitzero"`
	End   time.Time    `json:"end,omitzero"`
	At    time.Time    `json:"at"` // when it was intended
}

// Tag is how a place names the attempt it was written by: "<run>.<n>".
func (a Attempt) Tag() string { return Tag(a.Run, a.N) }

// DeliveryState is where one place stands within one attempt.
type DeliveryState string

const (
	DeliveryIntended DeliveryState = "intended" // saved before the write; the write may have happened
	DeliveryWritten  DeliveryState = "written"  // the place took it
	DeliveryVerified DeliveryState = "verified" // the place was asked, and Rung says how far
)

// Delivery is one place within one attempt. A new attempt starts with none.
type Delivery struct {
	Run       string        `json:"run"`
	N         int           `json:"n"`
	Target    string        `json:"target"`
	State     DeliveryState `json:"state"`
	Receipt   string        `json:"receipt,omitempty"` // what the place shows as evidence of our write
	Rung      Rung          `json:"rung,omitempty"`
	Note      string        `json:"note,omitempty"` // the proof in words, or why there is no better one
	WrittenAt time.Time     `json:"writtenAt,omitzero"`
	ProvenAt  time.Time     `json:"provenAt,omitzero"`
	Provable  bool          `json:"provable,omitempty"` // a better proof can be had later; the overlap asks again
}

// Rung is a step of the verification ladder, from weakest to strongest. People read it as "proof".
type Rung string

const (
	Unproven      Rung = ""
	Acknowledged  Rung = "acknowledged"   // the place answered that it took the value
	ReadBack      Rung = "read back"      // the value was read again and is the new one
	PlatformCheck Rung = "platform check" // the platform itself tested it
	LiveProbe     Rung = "live probe"     // a consumer did its work with it
)

// Above reports whether r proves more than other.
func (r Rung) Above(other Rung) bool { return rungOrder[r] > rungOrder[other] }

var rungOrder = map[Rung]int{Acknowledged: 1, ReadBack: 2, PlatformCheck: 3, LiveProbe: 4}

// Event is one line of a run's story, for those who watch.
type Event struct {
	Sequence int64             `json:"sequence"`
	Run      string            `json:"run"`
	App      string            `json:"app"`
	Kind     string            `json:"event"` // "issued", "settled", "written", "verified", "parked", ...
	Text     string            `json:"text"`
	At       time.Time         `json:"at"`
	Fields   map[string]string `json:"fields,omitempty"` // such as target, rung, keyId
	State    State             `json:"-"`                // of the run, as the process that drives it tells; "" = not told. It isn't kept
}
