package targettest

import (
	"crypto/rand"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

// Case is one target at one place of a fresh cloud, with what the suite needs to know from behind the scenes.
type Case struct {
	Target target.Target
	// Powerless is the same place for an identity that may not write it.
	Powerless target.Target
	// Missing is a place of the same kind that isn't there.
	Missing target.Target
	// Holds returns the value that the place really holds.
	Holds func() string
	// Beside returns the old value that the place holds beside the new one; nil = it holds one value alone.
	Beside func() string
	// Rest returns all that a write must leave alone.
	Rest func() any
	// Stranger writes another value by another way than ours.
	Stranger func()
	// Fault makes the next request that writes suffer: "reply-lost", "throttle" or "error-after".
	Fault func(kind string)
	// Lock forbids writes to the place; nil = locks don't concern it.
	Lock func()
	// Makes says that writing a missing place makes it; else it is refused.
	Makes bool
	// Forgets says that of several attempts' values only the newest can be read back.
	Forgets bool
	// Local says that the place isn't in the cloud: it is asked without requests, and rights there aren't the cloud's to
	// grant. Fault's kinds are then those in Faults.
	Local bool
	// Faults are the ways in which a local place fails before it is changed, each with the problem's class and code.
	Faults map[string]Trouble
}

// Trouble is what a failure must be told as.
type Trouble struct {
	Class problem.Class
	Code  string
}

// stand is what the suite needs of the world around a place.
type stand struct {
	clientID string
	tenant   string
	now      func() time.Time
	requests func() int64
	log      func() string // "" = nothing is logged for such places
}

// Exercise runs the suite. open prepares a case in a cloud started for it alone.
func Exercise(t *testing.T, open func(t *testing.T, c *Cloud) Case) {
	for name, run := range promises() {
		t.Run(name, func(t *testing.T) {
			c := Start(t)
			run(&exercise{T: t, Case: open(t, c), stand: stand{
				clientID: c.ClientID, tenant: c.Sim.Sample().Tenant, now: c.Session.Now, requests: c.Session.Requests, log: c.Log,
			}})
		})
	}
}

// Client is the client id of the app whose secret local places hold.
const Client = "7f0d7f0d-1111-4222-8333-444444444444"

// ExerciseLocal runs the suite for a place that isn't in the cloud. open prepares a case that nothing else uses.
func ExerciseLocal(t *testing.T, open func(t *testing.T) Case) {
	for name, run := range promises() {
		t.Run(name, func(t *testing.T) {
			run(&exercise{T: t, Case: open(t), stand: stand{
				clientID: Client, tenant: "contoso.onmicrosoft.com", now: time.Now,
				requests: func() int64 { return 0 }, log: func() string { return "" },
			}})
		})
	}
}

func promises() map[string]func(*exercise) {
	return map[string]func(*exercise){
		"a place says who it is and keeps its requests within what it announced": (*exercise).announces,
		"a write is seen, and writing the same again changes nothing":            (*exercise).writesAgain,
		"everything but the secret stays as found":                               (*exercise).keepsTheRest,
		"a stranger's write changes the receipt and is drift":                    (*exercise).seesStrangers,
		"a place that isn't there is said to be missing":                         (*exercise).missesPlaces,
		"a missing right is named with its grant, and nothing is written":        (*exercise).namesRights,
		"a lock is named, and nothing is written":                                (*exercise).namesLocks,
		"all is well when nothing is wrong":                                      (*exercise).passesChecks,
		"a reply lost after the effect is doubtful, and writing again is safe":   (*exercise).survivesLostReplies,
		"throttling says when to try again, and nothing is written":              (*exercise).heedsThrottling,
		"no value is refused before anything is sent":                            (*exercise).refusesNothing,
		"no error and no log line shows the value":                               (*exercise).keepsSecrets,
		"a custodian gives back what each attempt wrote":                         (*exercise).givesBack,
		"a receipt that is foretold is the one that the write gives":             (*exercise).foretells,
		"what the place holds beside the new value can be let go":                (*exercise).releases,
		"a failure leaves the place as it was":                                   (*exercise).withstands,
	}
}

type exercise struct {
	*testing.T
	Case
	stand
}

// parcel draws a delivery with a value that appears nowhere else.
func (e *exercise) parcel(tag string) target.Parcel {
	return target.Parcel{
		Tag: tag, ClientID: e.clientID, TenantID: e.tenant,
		KeyID: "11111111-2222-3333-4444-" + tag[len(tag)-1:] + "55555555555", Replaces: "99999999-8888-7777-6666-555555555555",
		Value: secret.New("kt8Q~" + rand.Text()), End: e.now().Add(180 * 24 * time.Hour).Truncate(time.Second),
	}
}

func (e *exercise) write(p target.Parcel) string {
	e.Helper()
	receipt, err := e.Target.Write(e.Context(), p)
	if err != nil {
		e.Fatalf("write: %v", err)
	}
	if receipt == "" {
		e.Fatal("a write gave no receipt")
	}
	return receipt
}

func (e *exercise) look() target.Standing {
	e.Helper()
	standing, err := e.Target.Look(e.Context())
	if err != nil {
		e.Fatalf("look: %v", err)
	}
	return standing
}

func (e *exercise) wantHeld(value string, why string) {
	e.Helper()
	if e.Holds() != value {
		e.Errorf("%s: the place holds another value", why)
	}
}

func (e *exercise) announces() {
	place := e.Target.Place()
	if place.ID == "" || place.Kind == "" || place.Title == "" || place.Resource == "" || !strings.HasPrefix(place.ID, place.Kind+":") {
		e.Errorf("incomplete: %+v", place)
	}
	before := e.requests()
	p := e.parcel("run.1")
	e.look()
	receipt := e.write(p)
	proof, err := e.Target.Verify(e.Context(), p, e.written(receipt))
	if err != nil {
		e.Fatalf("verify: %v", err)
	}
	if sent := e.requests() - before; sent > int64(place.Requests) {
		e.Errorf("sent %d requests, announced %d", sent, place.Requests)
	}
	if !proof.Rung.Above(renewal.Unproven) || proof.Note == "" {
		e.Errorf("the proof says too little: %+v", proof)
	}
}

func (e *exercise) written(receipt string) target.Written {
	return target.Written{Receipt: receipt, At: e.now(), Now: e.now()}
}

func (e *exercise) writesAgain() {
	p := e.parcel("run.1")
	before := e.look()
	receipt := e.write(p)
	e.wantHeld(p.Value.Reveal(), "after a write")
	if seen := e.look(); !seen.Exists || seen.Receipt != receipt || seen.Receipt == before.Receipt {
		e.Errorf("look shows %+v after receipt %s; before: %+v", seen, receipt, before)
	}
	again := e.write(p)
	e.wantHeld(p.Value.Reveal(), "after the same write again")
	if seen := e.look(); seen.Receipt != again {
		e.Errorf("look shows %s after the second receipt %s", seen.Receipt, again)
	}
	if _, err := e.Target.Verify(e.Context(), p, e.written(again)); err != nil {
		e.Errorf("verify: %v", err)
	}
}

func (e *exercise) keepsTheRest() {
	before := e.Rest()
	e.write(e.parcel("run.1"))
	if after := e.Rest(); !reflect.DeepEqual(before, after) {
		e.Errorf("before %v, after %v", before, after)
	}
}

func (e *exercise) seesStrangers() {
	p := e.parcel("run.1")
	receipt := e.write(p)
	e.Stranger()
	if seen := e.look(); seen.Receipt == receipt || seen.Tag == p.Tag {
		e.Errorf("a stranger's write shows as ours: %+v", seen)
	}
	_, err := e.Target.Verify(e.Context(), p, e.written(receipt))
	e.wantProblem(err, problem.Person, problem.Drift)
}

func (e *exercise) wantProblem(err error, class problem.Class, code string) {
	e.Helper()
	var found *problem.Error
	if !errors.As(err, &found) {
		e.Fatalf("not a problem: %v", err)
	}
	if found.Class != class || found.Code != code {
		e.Errorf("class %s, code %s: %v", found.Class, found.Code, err)
	}
	if found.Class == problem.Person && found.Fix == "" {
		e.Errorf("no fix: %v", err)
	}
}

func (e *exercise) missesPlaces() {
	standing, err := e.Missing.Look(e.Context())
	if err != nil || standing.Exists {
		e.Errorf("look: %+v, %v", standing, err)
	}
	if e.Makes {
		return
	}
	_, err = e.Missing.Write(e.Context(), e.parcel("run.1"))
	e.wantProblem(err, problem.Person, problem.NotFound)
	if failed := check.Failed(checks(e, e.Missing)); len(failed) == 0 || failed[0].Fix == "" {
		e.Errorf("no check names it: %+v", failed)
	}
}

func checks(e *exercise, t target.Target) []check.Check {
	e.Helper()
	checker, ok := t.(target.Checker)
	if !ok {
		e.Fatal("the target can't be checked beforehand")
	}
	return checker.Check(e.Context())
}

func (e *exercise) givesBack() {
	custodian, ok := e.Target.(target.Custodian)
	if !ok {
		return
	}
	first, second := e.parcel("run.1"), e.parcel("run.2")
	receipt := e.write(first)
	e.recalls(custodian, first, receipt)
	latest := e.write(second)
	e.recalls(custodian, second, latest)
	e.Stranger()
	if !e.Forgets {
		e.recalls(custodian, first, receipt)
	}
	current, standing, err := custodian.Current(e.Context())
	if err != nil || current.Reveal() != e.Holds() || standing.Tag != "" {
		e.Errorf("current: %+v, %v", standing, err)
	}
	_, _, err = custodian.Recall(e.Context(), "run.9", "")
	if !problem.Is(err, problem.NotFound) {
		e.Errorf("an attempt that wrote nothing: %v", err)
	}
}

func (e *exercise) recalls(custodian target.Custodian, p target.Parcel, receipt string) {
	e.Helper()
	value, version, err := custodian.Recall(e.Context(), p.Tag, receipt)
	if err != nil || !value.Equal(p.Value) || version != receipt {
		e.Errorf("recall %s: right value %v, version %s, want %s: %v", p.Tag, value.Equal(p.Value), version, receipt, err)
	}
}
