package policy

// Code is a decision's reason as a stable word, for scripts and documentation.
type Code string

// The codes, each told in [Codes].
const (
	DueNot        Code = "due.not"
	DueNow        Code = "due.now"
	DueShare      Code = "due.share"
	DueThird      Code = "due.third"
	DueExpired    Code = "due.expired"
	DueExcluded   Code = "due.excluded"
	DueUnreadable Code = "due.unreadable"
	DueUnclear    Code = "due.unclear"
	DueNone       Code = "due.none"

	ReplacedProven       Code = "replaced.proven"
	ReplacedNamed        Code = "replaced.named"
	ReplacedExpired      Code = "replaced.expired"
	ReplacedNothing      Code = "replaced.nothing"
	ReplacedNone         Code = "replaced.none"
	ReplacedAmbiguous    Code = "replaced.ambiguous"
	ReplacedUnproven     Code = "replaced.unproven"
	ReplacedContradicted Code = "replaced.contradicted"
	ReplacedUnknown      Code = "replaced.unknown"

	EndLifetime Code = "end.lifetime"
	EndCut      Code = "end.cut"
	EndTooShort Code = "end.tooshort"
	EndUnread   Code = "end.unread"
	EndBlocked  Code = "policy.blocked" // the same word as problem.Blocked: the same thing, seen beforehand

	OverlapMinimum    Code = "overlap.minimum"
	OverlapRecurrence Code = "overlap.recurrence"
	OverlapToken      Code = "overlap.token"
	OverlapShort      Code = "overlap.short"
	OverlapNothing    Code = "overlap.nothing"
	OverlapLingers    Code = "overlap.lingers"

	GateNothing      Code = "gate.nothing"
	GateUndelivered  Code = "gate.undelivered"
	GateExpired      Code = "gate.expired"
	GateOverlap      Code = "gate.overlap"
	GateEndsFirst    Code = "gate.endsfirst"
	GateTime         Code = "gate.time"
	GateApproved     Code = "gate.approved"
	GateNoReport     Code = "gate.noreport"
	GateWatermark    Code = "gate.watermark"
	GateReportBehind Code = "gate.reportbehind"
	GateInUse        Code = "gate.inuse"
	GateNewUnused    Code = "gate.newunused"
	GateEvidence     Code = "gate.evidence"
	GateApproval     Code = "gate.approval"
	GateLingers      Code = "gate.lingers"

	PermitAlways    Code = "permit.always"
	PermitOpen      Code = "permit.open"
	PermitClosed    Code = "permit.closed"
	PermitFrozen    Code = "permit.frozen"
	PermitOverruled Code = "permit.overruled"
	PermitEmergency Code = "permit.emergency"
	PermitApproval  Code = "permit.approval"
)

// Meaning is one code with what it means, for the documentation.
type Meaning struct {
	Code Code
	Text string // one sentence
}

// Codes returns every code that a rule of this package can give, in the order in which a renewal meets them.
func Codes() []Meaning {
	return []Meaning{
		{DueNot, "The secret in use is further from its end than renewBefore."},
		{DueNow, "The secret in use ends within renewBefore."},
		{DueShare, "The secret in use is in the last part of its life, which renewBefore names as a share."},
		{DueThird, "The secret in use never lives longer than renewBefore, and is in the last third of its life."},
		{DueExpired, "The secret in use has expired; consumers fail until the application is renewed."},
		{DueExcluded, "A person took the application out of renewal, for the reason given."},
		{DueUnreadable, "The application couldn't be read, so nothing can be said."},
		{DueUnclear, "One of several secrets is due, and it isn't known which one is in use."},
		{DueNone, "The application has no client secret."},

		{ReplacedProven, "Exactly one secret fits the custodian's value, that value signs in, and no report contradicts it."},
		{ReplacedNamed, "A person named the secret to replace."},
		{ReplacedExpired, "The one secret that fits the custodian's value has expired, so that removing it can break nobody."},
		{ReplacedNothing, "Nothing is replaced: there is no secret yet, or a person asked for none to be retired."},
		{ReplacedNone, "No secret could be matched to a value; a person must name it."},
		{ReplacedAmbiguous, "Several secrets fit the custodian's value; a person must name the one to replace."},
		{ReplacedUnproven, "A secret fits the custodian's value, yet the value doesn't sign in; a person must look."},
		{ReplacedContradicted, "A secret fits the custodian's value, yet reports show that consumers use another; a person must name it."},
		{ReplacedUnknown, "The secret that a person named isn't one of this application's."},

		{EndLifetime, "The new secret lasts as long as the configuration says."},
		{EndCut, "The new secret lasts less than the configuration says, because a policy of the tenant limits it."},
		{EndTooShort, "The tenant's limit is no longer than renewBefore; the new secret is due for the last third of its life."},
		{EndUnread, "The tenant's policies can't be read; a limit would show only when the secret is made."},
		{EndBlocked, "A policy of the tenant forbids new secrets for this application."},

		{OverlapMinimum, "The overlap is the configuration's minimum."},
		{OverlapRecurrence, "The overlap is twice the longest time in which a known consumer acts once."},
		{OverlapToken, "The overlap is the life of a token bought with the old secret."},
		{OverlapShort, "The configuration's minimum is kept although rare consumers or tokens in use would need longer."},
		{OverlapLingers, "The overlap lasts until the old secret ends, because the service itself goes on with it until then."},
		{OverlapNothing, "No overlap is needed: no working secret is retired."},

		{GateNothing, "The run retires no secret."},
		{GateUndelivered, "Not every place was written, so the old secret stays."},
		{GateExpired, "The old secret has expired and is swept."},
		{GateOverlap, "The overlap, or the time that reports need, isn't over."},
		{GateEndsFirst, "The old secret ends by itself before the overlap does."},
		{GateTime, "The overlap is over, and the configuration wants no evidence."},
		{GateApproved, "A person approved the removal."},
		{GateNoReport, "The tenant has no report of use that Keyturn may read."},
		{GateWatermark, "A sign-in of our own is made, to see later how far the report has come."},
		{GateReportBehind, "The report doesn't show our own sign-in yet, so its silence means nothing."},
		{GateInUse, "The old secret was used after delivery: an unknown consumer still has it."},
		{GateNewUnused, "The report doesn't show anybody but Keyturn using the new secret."},
		{GateEvidence, "The report has caught up, shows no use of the old secret since delivery, and shows the new one used by others."},
		{GateLingers, "The service itself goes on with the old secret until that ends, as ACS does; it is removed some days later."},
		{GateApproval, "Everything speaks for removing the old secret, and the configuration wants a person to approve it."},

		{PermitAlways, "No maintenance window or freeze is set, or none holds this renewal."},
		{PermitOpen, "The maintenance window is open, and nothing is frozen."},
		{PermitClosed, "The maintenance window is closed; the renewal goes on when it opens."},
		{PermitFrozen, "Changes are frozen; the renewal goes on afterwards."},
		{PermitOverruled, "The secret in use would end before the next window, so windows and freezes are overruled."},
		{PermitEmergency, "A person called it an emergency, which nothing holds."},
		{PermitApproval, "The configuration wants a person to approve before anything is made."},
	}
}
